with seed as (
    select * from {{ ref('customer_states') }}
),

proposed as (
    select cast(0 as decimal(2, 1)) as state
    union
    select to_state from {{ ref('customer_events') }}
    where to_state is not null
),

problems as (
    select 'customer_states has no row for state ' || proposed.state as problem
    from proposed
    anti join seed on proposed.state = seed.state
    union all
    select 'customer_states has a row without a state (' || coalesce(state_name, 'without a name too') || ')'
    from seed
    where state is null
    union all
    select 'customer_states has ' || count(*) || ' rows for state ' || state
    from seed
    where state is not null
    group by state
    having count(*) > 1
    union all
    select 'customer_states gives state ' || state || ' no name'
    from seed
    where coalesce(trim(state_name), '') = ''
    union all
    select 'customer_states ends state ' || state || ' after ' || reset_after_days || ' days: above 0, or empty'
    from seed
    where reset_after_days <= 0
    union all
    select 'customer_states gives state 0.0 a flow or a reset: it has neither'
    from seed
    where state = 0 and (flow_name is not null or reset_after_days is not null)
)

select * from problems
