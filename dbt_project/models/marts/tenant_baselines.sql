{{ config(materialized='table') }}

-- after the transitions, so that a derivation that is cut short between the two turns no history into news
-- depends_on: {{ ref('customer_state_transitions') }}

{%- set before = relation_before(this.schema, this.identifier) %}

select
    tenant_id,
    {{ as_of() }} as established_at,
from {{ ref('int_tenants__complete') }}
{% if before -%}
where tenant_id not in (select tenant_id from {{ before }})
union all
select * from {{ before }}
{%- endif %}
