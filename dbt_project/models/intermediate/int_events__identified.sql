{{ config(materialized='view') }}

-- also those that wait for their time, or have no date: the fold has not met them
with unmet as (
    select
        customer_key,
        position,
        {{ event_columns() }},
    from {{ ref('int_events__ordered') }}
    where not is_past
),

events as (
    select * from {{ ref('int_events__folded') }}
    union all by name
    select * from unmet
),

identified as (
    select
        customers.tenant_id,
        customers.customer_id,
        events.*,
        updates.state_update_id,
    from events
    inner join {{ ref('int_customers__changed') }} as customers
        on events.customer_key = customers.customer_key
        and customers.customer_id = customers.merged_customer_id
    left join {{ ref('int_events__state_updates') }} as updates
        on events.event_order = updates.event_order
        and events.record_id = updates.record_id
)

select * from identified
