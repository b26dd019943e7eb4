select
    tenant_name,
    servicetitan_customer_id,
    customer_name,
    state_changed_at as waits_since,
from {{ ref('customer_servicetitan_state') }}
where current_state = 3 and customer_is_active
order by waits_since
