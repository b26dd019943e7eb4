with customers as (
    select
        tenant_id,
        customer_id,
        customer_key,
    from {{ ref('int_customers__changed') }}
    where customer_id = merged_customer_id
),

events as (
    select * from {{ ref('int_events__folded') }}
),

last_events as (
    select
        customer_key,
        state,
        entered_position,
    from events
    where is_last
),

-- a state of which the time is over, or that was reset before the last event, has given way to 0
folded as (
    select
        last_events.customer_key,
        causes.position,
        causes.to_state = last_events.state and causes.expires_us <= epoch_us({{ as_of() }}) as is_over,
        causes.to_state != last_events.state or coalesce(is_over, false) as is_reset,
        case when not is_reset then causes.to_state else cast(0 as decimal(2, 1)) end as state,
        case when is_reset then causes.to_state else causes.from_state end as previous_state,
        case when not is_reset then causes.job_id end as job_id,
        case when is_reset then make_timestamptz(causes.expires_us) else causes.occurred_at end as entered_at,
        case when not is_reset then make_timestamptz(causes.expires_us) end as reset_due_at,
    from last_events
    inner join events as causes
        on last_events.customer_key = causes.customer_key
        and last_events.entered_position = causes.position
)

select
    customers.*,
    coalesce(folded.is_over, false) as is_over,
    coalesce(folded.is_reset, false) as is_reset,
    coalesce(folded.state, cast(0 as decimal(2, 1))) as state,
    folded.* exclude (customer_key, is_over, is_reset, state),
from customers
left join folded on customers.customer_key = folded.customer_key
