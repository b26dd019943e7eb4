"""What the outbox comes to in figures, without a word of whom it is about."""

from datetime import datetime, timedelta
from typing import NamedTuple

from pipelines.flow_builder.outbox.queries import UNDECIDED
from pipelines.flow_builder.statuses import WAITING, Status
from pipelines.operations import Connection, stamp

NEVER_ENDS = timedelta(minutes=15)  # an attempt that has not by then was cut off
NEWEST = "select ifnull(max(attempt_id), 0) from attempts"
STARTED = "kind = 'changed' and flow_name is not null and suppressed is null"
# With a plus no index is taken for its order of tenants: what was started lately are few among all.
BY_TENANT = f"""
    select tenant_id, 'waiting', count(*) from deliveries where status in {WAITING} group by tenant_id
    union all
    select tenant_id, 'held', count(*) from deliveries where status = '{Status.HELD}' group by tenant_id
    union all
    select tenant_id, 'dead', count(*) from deliveries where status = '{Status.DEAD}' and {UNDECIDED} group by tenant_id
    union all
    select tenant_id, 'flows_today', count(*)
    from deliveries where delivered_at >= :today and {STARTED} group by +tenant_id
    union all
    select tenant_id, 'flows_this_week', count(*)
    from deliveries where delivered_at >= :this_week and {STARTED} group by +tenant_id
"""
ATTEMPTS = "select attempt_id, started_at, ended_at, http_status, milliseconds from attempts where attempt_id > ?"


class EndedAttempt(NamedTuple):
    """``answer``: 2xx to 5xx, or none."""

    attempt_id: int
    answer: str
    seconds: float


def by_status(con: Connection) -> dict[str, int]:
    """Deliveries, with those statuses, too, that none has."""
    found = con.execute("select status, count(*) from deliveries group by status").fetchall()
    return {status.value: 0 for status in Status} | dict(found)


def newest_attempt(con: Connection) -> int:
    return int(con.execute(NEWEST).fetchone()[0])


def ended_attempts(con: Connection, after: int, now: datetime) -> list[EndedAttempt]:
    """In their order, up to the first one that is under way; one that was cut off is left out."""
    ended = []
    for attempt_id, started_at, ended_at, status, milliseconds in con.execute(
        f"{ATTEMPTS} order by attempt_id", [after]
    ):
        if ended_at is not None:
            answer = f"{status // 100}xx" if status else "none"
            ended.append(EndedAttempt(attempt_id, answer, (milliseconds or 0) / 1000))
        elif started_at > stamp(now - NEVER_ENDS):
            break
    return ended


class TenantFigures(NamedTuple):
    """What of a tenant's is on its way, held and dead without a decision since; and the flows that were started since
    two moments."""

    waiting: int = 0
    held: int = 0
    dead: int = 0
    flows_today: int = 0
    flows_this_week: int = 0


def by_tenant(con: Connection, today: datetime, this_week: datetime) -> dict[int, TenantFigures]:
    """Tenant's id -> figures; without those that have none."""
    found: dict[int, TenantFigures] = {}
    for tenant_id, name, count in con.execute(BY_TENANT, {"today": stamp(today), "this_week": stamp(this_week)}):
        found[tenant_id] = found.get(tenant_id, TenantFigures())._replace(**{name: count})
    return found
