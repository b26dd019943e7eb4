{{ config(materialized='view') }}

select
    spans.tenant_id,
    tenants.tenant_name,
    spans.customer_id as servicetitan_customer_id,
    spans.previous_state,
    spans.state,
    states.state_name,
    spans.job_id,
    spans.entered_at,
    spans.left_at,
    spans.next_state,
    next_states.state_name as next_state_name,
    case when spans.left_at is not null then coalesce(next_events.event_name, 'reset') end as next_event_name,
    {{ days_between('spans.entered_at', 'spans.left_at') }} as days,
from {{ ref('int_state_spans') }} as spans
left join {{ ref('stg_servicetitan__tenants') }} as tenants on spans.tenant_id = tenants.tenant_id
left join {{ ref('customer_states') }} as states on spans.state = states.state
left join {{ ref('customer_states') }} as next_states on spans.next_state = next_states.state
left join {{ ref('customer_events') }} as next_events on spans.next_event_order = next_events."order"
