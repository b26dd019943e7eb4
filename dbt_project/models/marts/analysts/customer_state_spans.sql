{{ config(materialized='view') }}

select
    spans.tenant_id,
    tenants.tenant_name,
    spans.customer_id as servicetitan_customer_id,
    spans.previous_state,
    spans.state,
    states.state_name,
    spans.job_id,
    jobs.job_type_id,
    jobs.business_unit_id,
    spans.entered_at,
    spans.left_at,
    spans.next_state,
    next_states.state_name as next_state_name,
    case when spans.left_at is not null then coalesce(next_events.event_name, 'reset') end as next_event_name,
    {{ days_between('spans.entered_at', 'spans.left_at') }} as days,
from {{ ref('int_state_spans') }} as spans
left join {{ ref('stg_servicetitan__jobs') }} as jobs
    on spans.tenant_id = jobs.tenant_id
    and spans.job_id = jobs.job_id
left join {{ ref('stg_servicetitan__tenants') }} as tenants on spans.tenant_id = tenants.tenant_id
left join {{ ref('int_tenants__states') }} as states
    on spans.tenant_id = states.tenant_id
    and spans.state = states.state
left join {{ ref('int_tenants__states') }} as next_states
    on spans.tenant_id = next_states.tenant_id
    and spans.next_state = next_states.state
left join {{ ref('customer_events') }} as next_events on spans.next_event_order = next_events."order"
