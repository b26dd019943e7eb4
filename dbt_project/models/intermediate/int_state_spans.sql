{{ config(
    materialized='incremental', incremental_strategy='by_changed_customers', unique_key=['tenant_id', 'customer_id']
) }}

with events as (
    select * from {{ ref('int_events__folded') }}
),

entered as (
    select
        customer_key,
        transition_count as position,
        from_state as previous_state,
        to_state as state,
        job_id,
        occurred_at as entered_at,
        event_order,
    from events
    where is_accepted
    union all
    select
        events.customer_key,
        resets.transition_position as position,
        events.to_state as previous_state,
        cast(0 as decimal(2, 1)) as state,
        null as job_id,
        events.expires_at as entered_at,
        null as event_order,
    from {{ ref('int_states__reset') }} as resets
    inner join events
        on resets.customer_key = events.customer_key
        and resets.position = events.position
),

-- over the fold's numbers, which are far narrower than the log's columns
spans as (
    select
        *,
        lead(entered_at) over fold_order as left_at,
        lead(state) over fold_order as next_state,
        lead(event_order) over fold_order as next_event_order,
    from entered
    window fold_order as (
        partition by customer_key
        order by position
    )
)

select
    customers.tenant_id,
    customers.customer_id,
    spans.previous_state,
    spans.state,
    spans.job_id,
    spans.entered_at,
    spans.left_at,
    spans.next_state,
    spans.next_event_order,
from spans
inner join {{ ref('int_customers__changed') }} as customers
    on spans.customer_key = customers.customer_key
    and customers.customer_id = customers.merged_customer_id
