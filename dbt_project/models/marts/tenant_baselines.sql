{{ config(full_refresh=false, incremental_strategy='append') }}

-- after the transitions, so that a derivation that is cut short between the two turns no history into news
-- depends_on: {{ ref('customer_state_transitions') }}

select
    tenant_id,
    {{ as_of() }} as established_at,
from {{ ref('int_tenants__complete') }}
{% if is_incremental() -%}
where tenant_id not in (select tenant_id from {{ this }})
{%- endif %}
