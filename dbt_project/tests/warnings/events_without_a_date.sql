select
    tenant_id,
    customer_id,
    event_name,
    record_id,
    state_update_id,
from {{ ref('int_customer_events') }}
where occurred_at is null
