{{ config(materialized='view') }}

select
    states.tenant_id,
    tenants.tenant_name,
    states.state,
    states.state_name,
    states.flow_name,
from {{ ref('stg_servicetitan__tenants') }} as tenants
inner join {{ ref('int_tenants__states') }} as states on tenants.tenant_id = states.tenant_id
