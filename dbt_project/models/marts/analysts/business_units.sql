{{ config(materialized='view') }}

select
    units.tenant_id,
    tenants.tenant_name,
    units.business_unit_id,
    units.name as business_unit_name,
    units.is_active,
from {{ ref('stg_servicetitan__business_units') }} as units
left join {{ ref('stg_servicetitan__tenants') }} as tenants on units.tenant_id = tenants.tenant_id
