{{ config(materialized='view') }}

with leads as (
    select
        leads.*,
        changed.customer_key,
    from {{ ref('stg_servicetitan__leads') }} as leads
    inner join {{ ref('int_customers__changed') }} as changed
        on leads.tenant_id = changed.tenant_id
        and leads.customer_id = changed.customer_id
),

events as (
    select
        customer_key,
        {{ event_name("'lead_created'") }} as event_name,
        cast(1 as decimal(2, 1)) as to_state,
        created_at as occurred_at,
        cast(null as bigint) as job_id,
        lead_id as record_id,
    from leads
    where is_active and status is distinct from 'Dismissed'
)

select * from events
