{%- set rules = ['accept', 'ignore', 'new_job', 'another_job', 'this_round', 'each_job'] %}

with rules as (
    select
        *,
        concat_ws(' to ', coalesce(cast(from_state as varchar), '?'), coalesce(cast(to_state as varchar), '?')) as pair,
    from {{ ref('state_transition_rules') }}
),

states as (
    select distinct state from {{ ref('customer_states') }}
    where state is not null
),

cells as (
    select
        from_states.state as from_state,
        to_states.state as to_state,
    from states as from_states
    cross join states as to_states
),

problems as (
    select 'state_transition_rules has no row from ' || cells.from_state || ' to ' || cells.to_state as problem
    from cells
    anti join rules
        on cells.from_state = rules.from_state
        and cells.to_state = rules.to_state
    union all
    select 'state_transition_rules has a row from ' || rules.pair || ', of which customer_states knows no such pair'
    from rules
    anti join cells
        on rules.from_state = cells.from_state
        and rules.to_state = cells.to_state
    union all
    select 'state_transition_rules has ' || count(*) || ' rows from ' || pair
    from rules
    group by pair
    having count(*) > 1
    union all
    select
        'state_transition_rules has the rule ' || coalesce(rule, '(empty)') || ' from ' || pair
        || ': {{ rules | join(", ") }}'
    from rules
    where coalesce(rule, '') not in ('{{ rules | join("', '") }}')
)

select * from problems
