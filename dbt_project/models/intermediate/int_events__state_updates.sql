{{ config(materialized='view') }}

with updates as (
    select
        updates.*,
        changed.customer_key,
    from {{ ref('stg_servicetitan__state_updates') }} as updates
    inner join {{ ref('int_customers__changed') }} as changed
        on updates.tenant_id = changed.tenant_id
        and updates.customer_id = changed.customer_id
),

-- these records have no number: they get one of 19 digits, in the order of their ids
events as (
    select
        updates.customer_key,
        names."order" as event_order,
        true as is_set_by_hand,
        updates.to_state,
        updates.set_at as occurred_at,
        updates.job_id,
        1000000000000000000 + row_number() over (order by updates.state_update_id) as record_id,
        updates.state_update_id,
    from updates
    inner join {{ ref('customer_events') }} as names on names.event_name = 'state_set'
)

select * from events
