select
    events.tenant_id,
    events.customer_id,
    names.event_name,
    events.record_id,
    events.state_update_id,
from {{ ref('int_customer_events') }} as events
left join {{ ref('customer_events') }} as names on events.event_order = names."order"
where events.occurred_at is null
