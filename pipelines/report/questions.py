"""What the report asks of the published marts: each row type with its query, and the moment ``$as_of`` as parameter.

DuckDB adds up, so that no row of a customer comes to Python but those of the few that wait longest. Names and contact
data are not read at all.
"""

from datetime import date, datetime
from typing import NamedTuple

from pipelines.flow_builder.statuses import UNFINISHED, WAITING, Status

# By DuckDB's cast, which asks for the time zone's rules, a day takes ten times as long.
DAY_OF = "create temp macro day_of(moment) as date '1970-01-01' + (epoch_us(moment) // 86_400_000_000)::integer"

STATES = """
    select distinct current_state::double as state, current_state_name
    from marts.customer_servicetitan_state where current_state_name is not null
    union
    select distinct state::double, state_name from marts.customer_state_spans where state_name is not null
    order by state
"""


class InState(NamedTuple):
    """Customers who are in a state now, by how long they have been there."""

    tenant_id: int
    state: float
    age: str
    customers: int
    inactive: int


IN_STATE = """
    select
        tenant_id,
        current_state::double as state,
        case
            when state_changed_at is null or state_changed_at > $as_of - interval 7 day then 'up to a week'
            when state_changed_at > $as_of - interval 30 day then 'up to 30 days'
            when state_changed_at > $as_of - interval 90 day then 'up to 90 days'
            else 'longer'
        end as age,
        count(*),
        count(*) filter (where not coalesce(customer_is_active, true)),
    from marts.customer_servicetitan_state group by all order by all
"""


class Reached(NamedTuple):
    """Customers who were ever in a stage, a state without a fraction, and how many of them went further afterwards."""

    tenant_id: int
    state: float
    customers: int
    went_on: int


REACHED = """
    with stages as (
        select
            tenant_id,
            servicetitan_customer_id as customer_id,
            state,
            min(entered_at) as first_at,
            max(entered_at) as last_at,
        from marts.customer_state_spans where state > 0 and state = floor(state) group by all
    ),

    reached as (
        select
            *,
            max(last_at) over (
                partition by tenant_id, customer_id
                order by state rows between 1 following and unbounded following
            ) as last_beyond_at,
        from stages
    )

    select tenant_id, state::double, count(*), count(*) filter (where last_beyond_at >= first_at)
    from reached group by all order by all
"""


class Change(NamedTuple):
    """By how much the number of customers in a state changed on a day; on the first one, from nothing."""

    tenant_id: int
    day: date
    state: float
    customers: int


CHANGES = """
    with moves as (
        select tenant_id, state, entered_at as moved_at, 1 as change from marts.customer_state_spans where state > 0
        union all
        select tenant_id, state, left_at, -1 from marts.customer_state_spans where state > 0 and left_at is not null
    )

    select
        tenant_id,
        greatest(day_of(moved_at), day_of($as_of) - 365) as day,
        state::double,
        sum(change)::bigint as changed,
    from moves group by all having changed != 0 order by all
"""


class Moved(NamedTuple):
    """Changes of state of the last 90 days."""

    tenant_id: int
    day: date
    from_state: float
    to_state: float
    transitions: int


MOVED = """
    select tenant_id, day_of(entered_at) as day, previous_state::double, state::double, count(*)
    from marts.customer_state_spans where day_of(entered_at) > day_of($as_of) - 90 group by all order by all
"""


class Sent(NamedTuple):
    """Deliveries of the last 90 days; ``day`` is when they were decided."""

    tenant_id: int
    day: date
    status: str
    reason: str | None
    deliveries: int


SENT = """
    select tenant_id, day_of(created_at) as day, status, reason, count(*)
    from marts.deliveries
    where day_of(created_at) > day_of($as_of) - 90 and reason is distinct from 'baseline' group by all order by all
"""


class Standing(NamedTuple):
    """Deliveries by what is to become of them, whenever they were decided."""

    tenant_id: int
    status: str
    deliveries: int


STANDING = f"""
    select
        tenant_id,
        case when status in {WAITING} then 'waiting' else status end as standing,
        count(*),
    from marts.deliveries
    where status in {UNFINISHED} or (status = '{Status.DEAD}' and reason is distinct from 'accepted')
    group by all order by all
"""


class WaitingDelivery(NamedTuple):
    tenant_id: int
    created_at: datetime
    status: str
    flow_name: str | None
    customer_id: int
    attempts: int
    last_error: str | None


WAITING_DELIVERIES = f"""
    select tenant_id, created_at, status, flow_name, customer_id, attempts, last_error
    from marts.deliveries where status in {UNFINISHED}
    qualify row_number() over (partition by tenant_id order by created_at, sequence) <= 10 order by created_at, sequence
"""


class WaitingCustomer(NamedTuple):
    tenant_id: int
    state_changed_at: datetime
    state: float
    customer_id: int
    reset_due_at: datetime | None


WAITING_CUSTOMERS = """
    select tenant_id, state_changed_at, current_state::double, servicetitan_customer_id, reset_due_at
    from marts.customer_servicetitan_state
    where current_state > 0 and coalesce(customer_is_active, true) and state_changed_at is not null
    qualify row_number() over (partition by tenant_id order by state_changed_at, servicetitan_customer_id) <= 10
    order by state_changed_at, servicetitan_customer_id
"""


class ReportTenant(NamedTuple):
    """``baseline_at``: since when its transitions are news; null before its first complete sync."""

    tenant_id: int
    name: str
    baseline_at: datetime | None


TENANTS = """
    select tenant_id, coalesce(any_value(states.tenant_name), tenant_id::varchar), any_value(established_at)
    from marts.customer_servicetitan_state as states
    full join marts.tenant_baselines using (tenant_id)
    group by tenant_id order by all
"""
