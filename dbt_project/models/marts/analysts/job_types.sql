{{ config(materialized='view') }}

select
    job_types.tenant_id,
    tenants.tenant_name,
    job_types.job_type_id,
    job_types.name as job_type_name,
    job_types.is_active,
from {{ ref('stg_servicetitan__job_types') }} as job_types
left join {{ ref('stg_servicetitan__tenants') }} as tenants on job_types.tenant_id = tenants.tenant_id
