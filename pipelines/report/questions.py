"""What the report asks of the published marts, each row type with its query. Parameters: ``$tenants``, and the period's
``$begins_at`` and ``$ends_at``; week 0 is its first.

What hangs on the period is counted when it is asked for, from the stays since its beginning: at 1,000,000 customers
60 ms of CPU for 13 weeks, where a mart of how far everybody came would cost every publication 3.4 s.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from pipelines.flow_builder.statuses import WAITING, Status


def week_of(moment: str) -> str:
    return f"((epoch_us({moment}) - epoch_us($begins_at)) // 604800000000)::integer"


AS_OF = "select as_of from main.publication"
RECENT = """
    create temp table recent as
    select tenant_id, servicetitan_customer_id as customer_id, previous_state, state, entered_at, left_at
    from marts.customer_state_spans where entered_at >= $begins_at and list_contains($tenants, tenant_id)
"""
# Who entered: from state 0, or by another sale, which begins at an earlier state. Each customer once.
COHORT = """
    create temp table cohort as
    with entered as (
        select tenant_id, customer_id, min(entered_at) as since from recent
        where entered_at < $ends_at and state > 0 and (previous_state = 0 or state < floor(previous_state))
        group by all
    )

    select
        tenant_id,
        customer_id,
        since,
        max(floor(state))::integer as stage,
        max(state) filter (where left_at is null) as state,
    from entered inner join recent using (tenant_id, customer_id)
    where recent.entered_at >= since group by all
"""


class State(NamedTuple):
    state: float
    name: str


STATES = """
    select state::double, any_value(state_name) from (
        select current_state as state, current_state_name as state_name from (
            from marts.customer_servicetitan_state
            where current_state = 0 and list_contains($tenants, tenant_id) limit 1
        )
        union all
        select state, state_name from marts.waiting_customers where list_contains($tenants, tenant_id)
        union all
        select state, state_name from marts.state_conversions where list_contains($tenants, tenant_id)
        union all
        select next_state, next_state_name from marts.state_conversions where list_contains($tenants, tenant_id)
    )
    where state_name is not null group by all order by all
"""


class Stopped(NamedTuple):
    """Customers who entered in the period and came as far as ``stage``, a state without its fraction."""

    stage: int
    customers: int
    under_way: int


STOPPED = "select stage, count(*), count(*) filter (where state > 0) from cohort group by all order by all"


class Person(NamedTuple):
    """``since``: since when they are where they are, or, in the funnel, when they entered."""

    tenant_id: int
    customer_id: int
    state: float
    since: datetime
    stage: int | None
    name: str | None = None


def people_at(stages: Iterable[int]) -> str:
    """The newest of each: a window over all who entered would sort them all."""
    newest = """
        (
            select tenant_id, customer_id, state::double, since, stage from cohort
            where stage = {} order by since desc, tenant_id, customer_id limit 20
        )
    """
    of_each = " union all ".join(newest.format(int(stage)) for stage in stages)
    return f"select * from ({of_each}) order by stage, since desc, tenant_id, customer_id"


LONGEST = """
    select tenant_id, servicetitan_customer_id, current_state::double, state_changed_at, null
    from marts.customer_servicetitan_state
    where
        current_state > 0 and coalesce(customer_is_active, true) and state_changed_at is not null
        and list_contains($tenants, tenant_id)
    order by state_changed_at, servicetitan_customer_id limit 20
"""


class Named(NamedTuple):
    tenant_id: int
    customer_id: int
    name: str | None


def names_of(customers: Iterable[int]) -> str:
    """For the few that are shown: a join would read a million names."""
    ids = ", ".join(map(str, sorted(set(customers)))) or "null"
    return f"""
        select tenant_id, servicetitan_customer_id, customer_name from marts.customer_servicetitan_state
        where servicetitan_customer_id in ({ids})
    """


class Moves(NamedTuple):
    """Changes of state in a week, also of those after the period."""

    week: int
    from_state: float
    to_state: float
    transitions: int


MOVES = f"""
    select {week_of("entered_at")}, previous_state::double, state::double, count(*)
    from recent group by all order by all
"""


class Standing(NamedTuple):
    """Customers who are in a state now, by how many days they have been there."""

    state: float
    customers: int
    up_to_a_week: int
    up_to_30_days: int
    up_to_90_days: int
    longer: int


STANDING = """
    select
        state::double,
        sum(customers)::bigint,
        sum(up_to_a_week)::bigint,
        sum(up_to_30_days)::bigint,
        sum(up_to_90_days)::bigint,
        sum(longer)::bigint,
    from marts.waiting_customers where list_contains($tenants, tenant_id) group by state order by state
"""


class Ended(NamedTuple):
    """Stays in a state that have ended, whenever that was."""

    state: float
    stays: int
    average_days: float


ENDED = """
    select state::double, sum(stays)::bigint, sum(stays * average_days) / sum(stays)
    from marts.state_conversions where next_state is not null and list_contains($tenants, tenant_id)
    group by state order by state
"""


class Mails(NamedTuple):
    """Messages about a state with a flow, by the week in which they were decided. ``became``: ``started`` the flow,
    ``no_flow`` (told, and the flow was not to start), ``waiting``, or the outbox's status."""

    week: int
    flow_name: str
    became: str
    messages: int
    state: float


MAILS = f"""
    select
        {week_of("created_at")} as week,
        state_flow_name,
        case
            when status = '{Status.DELIVERED}' then case when flow_name is null then 'no_flow' else 'started' end
            when status in {WAITING} then 'waiting'
            else status
        end as became,
        count(*),
        min(told_state)::double,
    from marts.deliveries
    where
        kind = 'changed' and state_flow_name is not null and reason is distinct from 'baseline'
        and created_at >= $begins_at and created_at < $ends_at and list_contains($tenants, tenant_id)
    group by all order by all
"""


class Sales(NamedTuple):
    """What was sold in a week to customers who were in a state."""

    week: int
    state: float
    sales: int
    sold_subtotal: Decimal


SALES = f"""
    select {week_of("week")}, state::double, sum(sales)::bigint, sum(sold_subtotal)::decimal(38, 2)
    from (select * replace (week::timestamptz as week) from marts.weekly_sales) as weekly_sales
    where week >= $begins_at and week < $ends_at and list_contains($tenants, tenant_id)
    group by 1, 2 order by all
"""


class Earned(NamedTuple):
    """What was sold after a flow: the last that was started for the customer in the 90 days before the sale, as in
    `questions.revenue_by_flow`; None where there was none."""

    flow_name: str | None
    sales: int
    sold_subtotal: Decimal


EARNED = """
    with sold as (
        select tenant_id, servicetitan_customer_id, sold_at, sold_subtotal from marts.sales
        where sold_at >= $begins_at and sold_at < $ends_at and list_contains($tenants, tenant_id)
    ),

    started as (
        select tenant_id, servicetitan_customer_id, delivered_at, arg_max(flow_name, sequence) as flow_name
        from marts.deliveries semi join sold using (tenant_id, servicetitan_customer_id)
        where
            kind = 'changed' and status = 'delivered' and flow_name is not null
            and delivered_at >= $begins_at - interval 90 day and delivered_at <= $ends_at
        group by all
    )

    select
        case when delivered_at >= sold_at - interval 90 day then flow_name end,
        count(*),
        coalesce(sum(sold_subtotal), 0)::decimal(38, 2),
    from sold asof left join started
        on sold.tenant_id = started.tenant_id
        and sold.servicetitan_customer_id = started.servicetitan_customer_id
        and sold.sold_at >= started.delivered_at
    group by 1 order by 1
"""
