{{ config(materialized='view') }}

select
    tenant_id,
    tenant_name,
    timezone,
from {{ ref('stg_servicetitan__tenants') }}
