{{ config(materialized='view') }}

with tenants as (
    select tenant_id from {{ ref('stg_servicetitan__tenants') }}
    union
    select tenant_id from {{ ref('stg_servicetitan__customers') }}
),

-- a tenant's own row wins
states as (
    select
        tenants.tenant_id,
        states.* exclude (tenant_id),
    from tenants
    inner join {{ ref('customer_states') }} as states
        on coalesce(states.tenant_id, tenants.tenant_id) = tenants.tenant_id
    qualify row_number() over (partition by tenants.tenant_id, states.state order by states.tenant_id is null) = 1
)

select * from states
