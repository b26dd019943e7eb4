{%- set reasons = [
    'past', 'over', 'twice', 'converted', 'do_not_service', 'do_not_mail', 'marketing_opt_out', 'cancel_reason', 'by_hand',
    'commercial', 'no_address',
] %}

with seed as (
    select
        *,
        coalesce(' of tenant ' || tenant_id, '') as whose,
    from {{ ref('customer_states') }}
),

words as (
    select
        *,
        unnest(string_split(suppressed_by, ' ')) as word,
    from seed
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
    anti join seed
        on proposed.state = seed.state
        and seed.tenant_id is null
    union all
    select
        'customer_states has a row' || whose || ' without a state ('
        || coalesce(state_name, 'without a name too') || ')' as problem
    from seed
    where state is null
    union all
    select 'customer_states has ' || count(*) || ' rows' || whose || ' for state ' || state
    from seed
    where state is not null
    group by whose, state
    having count(*) > 1
    union all
    select
        'customer_states has a row' || own.whose || ' for state ' || own.state
        || ', of which the states of every tenant know nothing' as problem
    from seed as own
    anti join seed as others
        on own.state = others.state
        and others.tenant_id is null
    where own.tenant_id is not null and own.state is not null
    union all
    select 'customer_states gives state ' || state || whose || ' no name'
    from seed
    where coalesce(trim(state_name), '') = ''
    union all
    select
        'customer_states ends state ' || state || whose || ' after ' || reset_after_days
        || ' days: above 0, or empty' as problem
    from seed
    where reset_after_days <= 0
    union all
    select
        'customer_states lets the flow of state ' || state || whose || ' wait ' || settle_minutes
        || ' minutes: 0 or more, or empty' as problem
    from seed
    where settle_minutes < 0
    union all
    select
        'customer_states suppresses the flow of state ' || state || whose || ' by ' || word
        || ': {{ reasons | join(", ") }}' as problem
    from words
    where word not in ('', '{{ reasons | join("', '") }}')
    union all
    select 'customer_states gives state 0.0' || whose || ' a flow or a reset: it has neither'
    from seed
    where state = 0 and (flow_name is not null or reset_after_days is not null)
)

select * from problems
