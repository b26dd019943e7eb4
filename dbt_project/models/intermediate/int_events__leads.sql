{{ config(materialized='view') }}

with leads as (
    select
        leads.*,
        changed.merged_customer_id,
    from {{ ref('stg_servicetitan__leads') }} as leads
    inner join {{ ref('int_customers__changed') }} as changed
        on leads.tenant_id = changed.tenant_id
        and leads.customer_id = changed.customer_id
),

events as (
    select
        tenant_id,
        merged_customer_id as customer_id,
        'lead:' || lead_id || ':created' as event_id,
        'lead_created' as event_name,
        cast(1 as decimal(2, 1)) as to_state,
        created_at as occurred_at,
        cast(null as bigint) as job_id,
        'leads' as source_table,
        cast(lead_id as varchar) as source_id,
    from leads
    where is_active and status is distinct from 'Dismissed'
)

select * from events
