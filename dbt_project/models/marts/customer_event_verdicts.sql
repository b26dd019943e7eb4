{{ config(materialized='view', alias='customer_events') }}

with events as (
    select
        events.*,
        {{ event_identity() }},
    from {{ ref('int_customer_events') }} as events
    inner join {{ ref('customer_events') }} as names on events.event_order = names."order"
    where events.occurred_at is not null
)

select
    events.tenant_id,
    tenants.tenant_name,
    events.customer_id as servicetitan_customer_id,
    events.event_id,
    events.event_name,
    events.to_state,
    events.occurred_at,
    events.job_id,
    events.source_table,
    events.source_id,
    events.from_state,
    cast(events.rule as varchar) as rule,
    case
        when events.is_accepted then 'accepted'
        when not events.is_accepted then 'ignored'
        else 'waiting'
    end as verdict,
    cast(events.position as bigint) as position,
from events
left join {{ ref('stg_servicetitan__tenants') }} as tenants on events.tenant_id = tenants.tenant_id
