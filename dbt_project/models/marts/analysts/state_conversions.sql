{{ config(materialized='view') }}

with cancellations as (
    select to_state as state from {{ ref('customer_events') }}
    where event_name in ('sales_job_canceled', 'install_job_canceled')
),

spans as (
    select * from {{ ref('customer_state_spans') }}
    where state > 0
),

judged as (
    select
        *,
        case
            when next_state is null then 'waiting'
            when next_state = 0 then 'lost'
            when next_state in (select state from cancellations) then 'canceled'
            when state = 2 and next_state = 2 then 'another_appointment'
            when next_state < floor(state) or next_state = state then 'new_round'
            else 'converted'
        end as outcome,
    from spans
),

counted as (
    select
        tenant_id,
        tenant_name,
        state,
        state_name,
        next_state,
        next_state_name,
        outcome,
        count(*) as stays,
        avg(days) as average_days,
        max(days) as longest_days,
    from judged
    group by all
),

shared as (
    select
        *,
        case
            when next_state is not null
                then stays / sum(stays) filter (where next_state is not null) over (partition by tenant_id, state)
        end as share_of_ended,
    from counted
)

select * from shared
