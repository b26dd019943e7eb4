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
        customer_key,
        {{ event_name("'state_set'") }} as event_name,
        to_state,
        set_at as occurred_at,
        job_id,
        1000000000000000000 + row_number() over (order by state_update_id) as record_id,
        state_update_id,
    from updates
)

select * from events
