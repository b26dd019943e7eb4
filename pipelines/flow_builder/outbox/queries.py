"""What the outbox says to people: deliveries, troubles, counts. Never a body, nor what an endpoint answered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import pyarrow as pa

from pipelines.flow_builder.outbox.due import DUE
from pipelines.flow_builder.outbox.endpoint import Endpoint
from pipelines.flow_builder.statuses import Status, Statuses
from pipelines.operations import Connection, Place, moment, open_operations, snapshot, stamp

OVERDUE = timedelta(minutes=15)
ROWS_BATCH = 50_000
MAX_ROWS = 2**62
MOMENT = pa.timestamp("us", "UTC")

COLUMNS: dict[str, pa.DataType] = {
    "webhook_id": pa.string(),
    "kind": pa.string(),
    "transition_id": pa.string(),
    "tenant_id": pa.int64(),
    "customer_id": pa.int64(),
    "sequence": pa.int64(),
    "told_state": pa.decimal128(2, 1),
    "flow_name": pa.string(),
    "suppressed": pa.string(),
    "occurred_at": MOMENT,
    "created_at": MOMENT,
    "status": pa.string(),
    "reason": pa.string(),
    "batch": pa.string(),
    "settles_at": MOMENT,
    "attempts": pa.int64(),
    "next_attempt_at": MOMENT,
    "delivered_at": MOMENT,
    "last_status": pa.int64(),
    "last_error": pa.string(),
}
MARKS = {"deliveries": "sequence", "attempts": "attempt_id", "decisions": "decision_id"}
SELECT = f"select {', '.join(COLUMNS)} from deliveries"
SOME = f"{SELECT} where sequence > ? order by sequence limit ?"
PLACE = [*COLUMNS].index("sequence")
# Under the names of the marts.
PUBLISHED = {"servicetitan_customer_id" if name == "customer_id" else name: kind for name, kind in COLUMNS.items()}
NOT_TOLD = Statuses((Status.NOT_SENT, Status.CANCELED))
# What `besides` becomes in the analysts' copy. The outbox has a flow also of what was canceled or would start it, and
# does not say which one is not started.
FOR_ANALYSTS = f"""
    select
        told.* replace (case when told.status not in {NOT_TOLD} then told.flow_name end as flow_name),
        tenants.tenant_name,
        case when told.kind = 'changed' then coalesce(told.flow_name, states.flow_name) end as state_flow_name,
        case
            when state_flow_name is null then null
            when told.status in {NOT_TOLD} then coalesce(told.reason, told.suppressed, 'superseded')
            when told.flow_name is null then coalesce(told.suppressed, 'superseded')
        end as why_no_flow,
    from besides as told
    left join analytics.marts.tenants as tenants on told.tenant_id = tenants.tenant_id
    left join analytics.marts.states as states on told.tenant_id = states.tenant_id and told.told_state = states.state
"""

# A decision that came after the last attempt; one before it was about an earlier end.
UNDECIDED = """
    not exists (
        select 1 from decisions
        where decisions.webhook_id = deliveries.webhook_id
            and decided_at >= ifnull((select started_at from attempts where attempt_id = deliveries.attempt_id), '')
    )
"""


@dataclass(frozen=True, slots=True)
class OutboxHealth:
    """What a person should look at. ``overdue``: due for 15 minutes and still there."""

    overdue: int
    dead: int
    held: int
    endpoint: Endpoint

    @property
    def any(self) -> bool:
        return bool(self.overdue or self.dead or self.held or self.endpoint.down_since)


def deliveries(
    operations: Place,
    *,
    status: str | None = None,
    reason: str | None = None,
    customer_id: int | None = None,
    tenant_id: int | None = None,
    batch: str | None = None,
    newest: int | None = None,
) -> list[dict[str, Any]]:
    """In the order in which they leave, by the names of `COLUMNS`, with ``decisions``; moments as text. ``reason``: why
    it is not sent, or why it starts no flow."""
    wanted = {"status": status, "customer_id": customer_id, "tenant_id": tenant_id, "batch": batch}
    given = {name: value for name, value in wanted.items() if value is not None}
    conditions = [f"{name} = :{name}" for name in given]
    if reason is not None:
        given["reason"] = reason
        conditions.append("(reason = :reason or suppressed = :reason)")
    where = " and ".join(conditions) or "true"
    with open_operations(operations) as con:
        query = f"{SELECT} where {where} order by sequence desc limit :limit"
        rows = con.execute(query, given | {"limit": MAX_ROWS if newest is None else newest}).fetchall()
        return [with_decisions(con, row) for row in rows[::-1]]


def of_customer(con: Connection, tenant_id: int, customer_id: int, most: int) -> list[dict[str, Any]]:
    """The newest ``most`` that name the customer, as `deliveries` gives them, the newest first."""
    query = f"{SELECT} where customer_id = ? and tenant_id = ? order by sequence desc limit ?"
    return [with_decisions(con, row) for row in con.execute(query, [customer_id, tenant_id, most]).fetchall()]


def with_decisions(con: Connection, row: Sequence[Any]) -> dict[str, Any]:
    return {**dict(zip(COLUMNS, row, strict=True)), "decisions": decisions(con, row[0])}


def decisions(con: Connection, webhook_id: str) -> list[dict[str, str | None]]:
    names = ["action", "overrides", "reason", "decided_by", "decided_at"]
    query = f"select {', '.join(names)} from decisions where webhook_id = ? order by decision_id"
    return [dict(zip(names, row, strict=True)) for row in con.execute(query, [webhook_id])]


def version(operations: Place) -> str:
    """Another one whenever a delivery is another than it was (each change leaves an entry, an attempt or a decision),
    or is published in another form."""
    with open_operations(operations) as con:
        marks = [con.execute(f"select max({column}) from {name}").fetchone()[0] for name, column in MARKS.items()]
        by_status = con.execute("select status, reason, count(*) from deliveries group by status, reason").fetchall()
    return sha256(repr((PUBLISHED, FOR_ANALYSTS, marks, by_status)).encode()).hexdigest()[:16]


def table(operations: Place) -> pa.RecordBatchReader:
    """All deliveries for the analysts' copy, read as it is drawn."""
    return pa.RecordBatchReader.from_batches(pa.schema(PUBLISHED), batches(operations))


def batches(operations: Place) -> Iterator[pa.RecordBatch]:
    with open_operations(operations) as con, snapshot(con):
        last = 0
        while rows := con.execute(SOME, [last, ROWS_BATCH]).fetchall():
            last = rows[-1][PLACE]
            columns = zip(COLUMNS.values(), zip(*rows, strict=True), strict=True)
            yield pa.record_batch([column(values, kind) for kind, values in columns], names=list(PUBLISHED))


def column(values: tuple[Any, ...], kind: pa.DataType) -> pa.Array:
    """Moments are text in SQLite, states are floating."""
    return pa.array(values).cast(kind) if kind == MOMENT or pa.types.is_decimal(kind) else pa.array(values, kind)


def outbox_health(operations: Place, now: datetime) -> OutboxHealth:
    with open_operations(operations) as con:
        return OutboxHealth(
            overdue=overdue(con, now),
            dead=count(con, f"select count(*) from deliveries where status = '{Status.DEAD}' and {UNDECIDED}"),
            held=count(con, f"select count(*) from deliveries where status = '{Status.HELD}'"),
            endpoint=Endpoint.read(con),
        )


class HeldBatch(NamedTuple):
    """What is still held of it; without a name of its own, what an earlier release held."""

    batch: str | None
    since: datetime
    rows: int


def held_batches(operations: Place) -> list[HeldBatch]:
    query = f"""select batch, min(created_at), count(*) from deliveries
        where status = '{Status.HELD}'
        group by batch, case when batch is null then created_at end order by min(created_at)"""
    with open_operations(operations) as con:
        return [HeldBatch(batch, moment(text), rows) for batch, text, rows in con.execute(query)]


def overdue(con: Connection, now: datetime) -> int:
    since = f"select ifnull(next_attempt_at, created_at) as since {DUE}"
    query = f"select count(*) from ({since}) as due_since where since <= :past"
    return count(con, query, {"now": stamp(now), "past": stamp(now - OVERDUE)})


def counts(operations: Place) -> dict[tuple[str, str | None], int]:
    """Messages about transitions by status and reason; of one that was told again, all."""
    query = "select status, reason, count(*) from deliveries where kind = 'changed' group by status, reason"
    with open_operations(operations) as con:
        return {(status, reason): rows for status, reason, rows in con.execute(query)}


def transitions(operations: Place) -> int:
    """How many transitions have a row."""
    with open_operations(operations) as con:
        return count(con, "select count(distinct transition_id) from deliveries where kind = 'changed'")


def count(con: Connection, query: str, parameters: dict[str, str] | None = None) -> int:
    return int(con.execute(query, parameters or {}).fetchone()[0])
