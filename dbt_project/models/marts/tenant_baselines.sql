{{ config(materialized='table') }}

-- after the transitions, so that a derivation that is cut short between the two turns no history into news
-- depends_on: {{ ref('customer_state_transitions') }}

{%- set before = relation_before(this.schema, this.identifier) %}

with baselines as (
    select
        tenant_id,
        {{ as_of() }} as established_at,
    from {{ ref('int_tenants__complete') }}
    {% if before -%}
    where tenant_id not in (select tenant_id from {{ before }})
    union all
    select
        tenant_id,
        established_at,
    from {{ before }}
    {%- endif %}
)

select
    baselines.tenant_id,
    tenants.tenant_name,
    baselines.established_at,
from baselines
left join {{ ref('stg_servicetitan__tenants') }} as tenants on baselines.tenant_id = tenants.tenant_id
