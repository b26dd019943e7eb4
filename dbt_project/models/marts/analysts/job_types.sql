{{ config(materialized='view') }}

select
    tenant_id,
    job_type_id,
    name as job_type_name,
    is_active,
from {{ ref('stg_servicetitan__job_types') }}
