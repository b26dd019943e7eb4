{{ config(materialized='view') }}

with cancellations as (
    select to_state as state from {{ ref('customer_events') }}
    where event_name in ('sales_job_canceled', 'install_job_canceled')
),

-- by numbers alone: what they are called costs as much as all the rest
counted as (
    select
        tenant_id,
        state,
        next_state,
        count(*) as stays,
        avg(epoch_us(left_at) - epoch_us(entered_at)) / 86400000000 as average_days, -- of whole numbers, in any order
        max(days) as longest_days,
    from {{ ref('customer_state_spans') }}
    where state > 0
    group by all
),

judged as (
    select
        counted.*,
        tenants.tenant_name,
        states.state_name,
        next_states.state_name as next_state_name,
        case
            when counted.next_state is null then 'waiting'
            when counted.next_state = 0 then 'lost'
            when counted.next_state in (select cancellations.state from cancellations) then 'canceled'
            when counted.state = 2 and counted.next_state = 2 then 'another_appointment'
            when counted.next_state < floor(counted.state) or counted.next_state = counted.state then 'new_round'
            else 'converted'
        end as outcome,
    from counted
    left join {{ ref('stg_servicetitan__tenants') }} as tenants on counted.tenant_id = tenants.tenant_id
    left join {{ ref('int_tenants__states') }} as states
        on counted.tenant_id = states.tenant_id
        and counted.state = states.state
    left join {{ ref('int_tenants__states') }} as next_states
        on counted.tenant_id = next_states.tenant_id
        and counted.next_state = next_states.state
),

shared as (
    select
        tenant_id,
        tenant_name,
        state,
        state_name,
        next_state,
        next_state_name,
        outcome,
        stays,
        average_days,
        longest_days,
        case
            when next_state is not null
                then stays / sum(stays) filter (where next_state is not null) over (partition by tenant_id, state)
        end as share_of_ended,
    from judged
)

select * from shared
