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
        leads.customer_key,
        names."order" as event_order,
        names.to_state,
        leads.created_at as occurred_at,
        cast(null as bigint) as job_id,
        leads.lead_id as record_id,
    from leads
    inner join {{ ref('customer_events') }} as names on names.event_name = 'lead_created'
    where leads.is_active and leads.status is distinct from 'Dismissed'
)

select * from events
