{{ config(
    incremental_strategy='by_changed_customers', unique_key=['tenant_id', 'servicetitan_customer_id']
) }}

-- a table, because at 10 million transitions the window costs three times what a copy of the log does
with transitions as (
    select log.*
    from {{ ref('customer_state_transitions') }} as log
    semi join {{ ref('int_customers__changed') }} as changed
        on log.tenant_id = changed.tenant_id
        and log.servicetitan_customer_id = changed.customer_id
    where log.retracted_at is null
),

-- in the order of the fold
spans as (
    select
        tenant_id,
        tenant_name,
        servicetitan_customer_id,
        transition_id,
        from_state as previous_state,
        to_state as state,
        to_state_name as state_name,
        job_id,
        occurred_at as entered_at,
        lead(occurred_at) over fold_order as left_at,
        lead(to_state) over fold_order as next_state,
        lead(to_state_name) over fold_order as next_state_name,
        lead(event_name) over fold_order as next_event_name,
    from transitions
    window fold_order as (
        partition by tenant_id, servicetitan_customer_id
        order by occurred_at, event_name != 'reset', event_name = 'state_set', to_state, event_id
    )
),

measured as (
    select
        *,
        epoch(left_at - entered_at) / 86400 as days,
    from spans
)

select * from measured
