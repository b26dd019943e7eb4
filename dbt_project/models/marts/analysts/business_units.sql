{{ config(materialized='view') }}

select
    tenant_id,
    business_unit_id,
    name as business_unit_name,
    is_active,
from {{ ref('stg_servicetitan__business_units') }}
