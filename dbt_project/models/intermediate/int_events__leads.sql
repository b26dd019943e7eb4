{{ config(materialized='view') }}

with leads as (
    select
        leads.*,
        changed.customer_key,
    from {{ ref('stg_servicetitan__leads') }} as leads
    inner join {{ ref('int_customers__changed') }} as changed
        on leads.tenant_id = changed.tenant_id
        and leads.customer_id = changed.customer_id
    where leads.is_active and leads.status is distinct from 'Dismissed'
),

creations as (
    select
        leads.customer_key,
        names."order" as event_order,
        names.to_state,
        leads.created_at as occurred_at,
        cast(null as bigint) as job_id,
        leads.lead_id as record_id,
    from leads
    inner join {{ ref('customer_events') }} as names on names.event_name = 'lead_created'
),

conversions as (
    select
        converted.customer_key,
        names."order" as event_order,
        names.to_state,
        converted.converted_at as occurred_at,
        cast(null as bigint) as job_id,
        converted.lead_id as record_id,
    from {{ ref('int_leads__converted') }} as converted
    inner join {{ ref('customer_events') }} as names on names.event_name = 'lead_converted'
),

events as (
    select * from creations
    union all
    select * from conversions
)

select * from events
