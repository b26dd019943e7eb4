-- depends_on: {{ ref('int_customer_events') }}

select
    tenant_id,
    customer_id,
    merged_customer_id,
from {{ ref('int_customers__merged') }}
where is_alias
