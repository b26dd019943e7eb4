{{ config(materialized='view') }}

with states as (
    select
        *,
        {{ days_between('state_changed_at', 'begun.as_of') }} as days,
    from {{ ref('customer_servicetitan_state') }}
    cross join {{ derivation('begun') }} as begun
    where current_state > 0
),

waiting as (
    select
        tenant_id,
        tenant_name,
        current_state as state,
        current_state_name as state_name,
        count(*) as customers,
        count(*) filter (where days < 7) as up_to_a_week,
        count(*) filter (where days >= 7 and days < 30) as up_to_30_days,
        count(*) filter (where days >= 30 and days < 90) as up_to_90_days,
        count(*) filter (where days >= 90) as longer,
        median(days) as median_days,
        min(state_changed_at) as oldest_since,
        min(reset_due_at) as next_reset_at,
    from states
    group by all
)

select * from waiting
