{{ config(materialized='view') }}

with identified as (
    select
        customers.tenant_id,
        customers.customer_id,
        events.customer_key,
        events.position,
        cast(events.event_name as varchar) as event_name,
        events.to_state,
        events.occurred_at,
        events.job_id,
        names.source_table,
        coalesce(events.state_update_id, cast(events.record_id as varchar)) as source_id,
        concat(names.prefix, source_id, names.suffix, events.cancellation_number) as event_id,
        events.from_state,
        events.rule,
        events.is_accepted,
        events.reset_position,
        make_timestamptz(events.expires_us) as expires_at,
    from {{ ref('int_events__folded') }} as events
    inner join {{ ref('int_customers__changed') }} as customers
        on events.customer_key = customers.customer_key
        and customers.customer_id = customers.merged_customer_id
    inner join {{ ref('int_event_names') }} as names on events.event_name = names.event_name
)

select * from identified
