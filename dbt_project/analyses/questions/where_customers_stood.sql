with customers as (
    select
        tenant_id,
        servicetitan_customer_id,
        created_at,
    from {{ ref('customer_servicetitan_state') }}
    where customer_is_active
),

stays as (
    select
        spans.tenant_id,
        spans.servicetitan_customer_id,
        spans.state,
        spans.entered_at,
        spans.left_at,
    from {{ ref('customer_state_spans') }} as spans
    inner join customers
        on spans.tenant_id = customers.tenant_id
        and spans.servicetitan_customer_id = customers.servicetitan_customer_id
    union all
    -- before the first transition
    select
        customers.tenant_id,
        customers.servicetitan_customer_id,
        0 as state,
        least(any_value(customers.created_at), min(spans.entered_at)) as entered_at,
        min(spans.entered_at) as left_at,
    from customers
    left join {{ ref('customer_state_spans') }} as spans
        on customers.tenant_id = spans.tenant_id
        and customers.servicetitan_customer_id = spans.servicetitan_customer_id
    group by customers.tenant_id, customers.servicetitan_customer_id
),

weeks as (
    select unnest(generate_series(
        date_trunc('week', (select min(make_timestamp(epoch_us(entered_at))) from stays)),
        date_trunc('week', (select make_timestamp(epoch_us(as_of)) from {{ source('publication', 'publication') }})),
        interval 7 day
    )) as week
),

-- whoever enters a state is one more in it from that week on, and whoever leaves it one less
moves as (
    select
        tenant_id,
        state,
        date_trunc('week', make_timestamp(epoch_us(entered_at))) as week,
        1 as change,
    from stays
    union all
    select
        tenant_id,
        state,
        date_trunc('week', make_timestamp(epoch_us(left_at))) as week,
        -1 as change,
    from stays
    where left_at is not null
),

changes as (
    select
        states.tenant_id,
        states.tenant_name,
        states.state,
        states.state_name,
        weeks.week,
        coalesce(sum(moves.change), 0) as change,
    from {{ ref('states') }} as states
    cross join weeks
    left join moves
        on states.tenant_id = moves.tenant_id
        and states.state = moves.state
        and weeks.week = moves.week
    group by all
)

select
    tenant_id,
    tenant_name,
    cast(week as date) as week,
    state,
    state_name,
    cast(sum(change) over (partition by tenant_id, state order by week) as bigint) as customers,
from changes
order by tenant_name, week, state
