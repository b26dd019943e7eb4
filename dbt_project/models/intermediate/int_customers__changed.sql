select
    tenant_id,
    customer_id,
    merged_customer_id,
from {{ ref('int_customers__merged') }}
