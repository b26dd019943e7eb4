select
    tenant_id,
    tenant_name,
    servicetitan_customer_id,
    position,
    occurred_at,
    event_name,
    source_table,
    source_id,
    from_state,
    to_state,
    verdict,
    rule,
from {{ ref('customer_event_verdicts') }}
order by tenant_name, servicetitan_customer_id, position
