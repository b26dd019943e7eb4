with customers as (
    select
        tenant_id,
        customer_id,
        customer_key,
    from {{ ref('int_customers__changed') }}
    where customer_id = merged_customer_id
),

last_events as (
    select
        customer_key,
        state,
        entered_position,
        transition_count,
    from {{ ref('int_events__folded') }}
    where is_last
),

-- a state of which the time is over, or that was reset before the last event, has given way to 0
rested as (
    select
        causes.customer_key,
        causes.position,
        last_events.transition_count,
        coalesce(causes.to_state = last_events.state and causes.expires_at <= {{ as_of() }}, false) as is_over,
        is_over or causes.to_state != last_events.state as is_reset,
        case when not is_reset then causes.to_state else cast(0 as decimal(2, 1)) end as state,
        case when is_reset then causes.to_state else causes.from_state end as previous_state,
        case when not is_reset then causes.job_id end as job_id,
        case when is_reset then causes.expires_at else causes.occurred_at end as entered_at,
        case when not is_reset then causes.expires_at end as reset_due_at,
    from last_events
    inner join {{ ref('int_events__folded') }} as causes
        on last_events.customer_key = causes.customer_key
        and last_events.entered_position = causes.position
)

select
    customers.*,
    coalesce(rested.is_over, false) as is_over,
    coalesce(rested.is_reset, false) as is_reset,
    coalesce(rested.state, cast(0 as decimal(2, 1))) as state,
    rested.* exclude (customer_key, is_over, is_reset, state),
from customers
left join rested on customers.customer_key = rested.customer_key
