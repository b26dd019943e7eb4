{{ config(materialized='view') }}

select
    leads.tenant_id,
    tenants.tenant_name,
    customers.merged_customer_id as servicetitan_customer_id,
    leads.lead_id,
    leads.created_at,
    leads.status,
    leads.is_active,
    leads.campaign_id,
    leads.capture_source as lead_source,
    leads.job_type_id,
    leads.business_unit_id,
from {{ ref('stg_servicetitan__leads') }} as leads
left join {{ ref('int_customers__merged') }} as customers
    on leads.tenant_id = customers.tenant_id
    and leads.customer_id = customers.customer_id
left join {{ ref('stg_servicetitan__tenants') }} as tenants on leads.tenant_id = tenants.tenant_id
