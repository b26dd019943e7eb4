{{ config(materialized='view') }}

with updates as (
    select
        updates.*,
        changed.merged_customer_id,
    from {{ ref('stg_servicetitan__state_updates') }} as updates
    inner join {{ ref('int_customers__changed') }} as changed
        on updates.tenant_id = changed.tenant_id
        and updates.customer_id = changed.customer_id
),

events as (
    select
        tenant_id,
        merged_customer_id as customer_id,
        'state_update:' || state_update_id as event_id,
        'state_set' as event_name,
        to_state,
        set_at as occurred_at,
        job_id,
        'state_updates' as source_table,
        state_update_id as source_id,
    from updates
)

select * from events
