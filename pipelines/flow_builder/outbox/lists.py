"""Deliveries as a person looks through them: the newest first, a page at a time, of any number of tenants.

Each tenant's are asked for apart, in the order of an index of theirs, and merged: a page costs what it shows.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nlargest
from typing import Any, NamedTuple

from pipelines.flow_builder.outbox.queries import COLUMNS
from pipelines.flow_builder.statuses import UNFINISHED, WAITING, Status
from pipelines.operations import Connection, stamp

COUNTED_AT_MOST = 10_000
SAMPLE = 10
FEW = (*UNFINISHED, Status.DEAD)  # of these there are few among all
SHOWN = (*COLUMNS, "job_id", "ends", "may_have_arrived", "flow_until")

PLACES = "select created_at, sequence from deliveries where {} order by created_at desc, sequence desc limit :most"
COUNT = "select count(*) from (select 1 from deliveries where {} limit :most) as found"
ROWS = f"select {', '.join(SHOWN)} from deliveries where sequence in ({{}}) order by created_at desc, sequence desc"
BODY = "select body from deliveries where webhook_id = ?"
ATTEMPTS = """
    select started_at, ended_at, http_status, error, milliseconds, answer from attempts
    where webhook_id = ? order by attempt_id
"""
TENANTS = "select tenant_id from enqueues"
TENANT_OF = "select tenant_id from deliveries where {} = ? limit 1"
FLOWS = "select flow_name, count(*) from deliveries where batch = ? and status = ? group by flow_name order by 2 desc"
EARLIER = f"""
    select status from deliveries
    where (tenant_id, customer_id) = (?, ?) and sequence < ? and status in {UNFINISHED}
    order by status = '{Status.HELD}' desc limit 1
"""
BEHIND_HELD = f"""
    select count(*) from deliveries
    where webhook_id in (select value from json_each(?)) and status in {WAITING} and exists (
        select 1 from deliveries as earlier
        where (earlier.tenant_id, earlier.customer_id) = (deliveries.tenant_id, deliveries.customer_id)
            and earlier.sequence < deliveries.sequence and earlier.status = '{Status.HELD}'
    )
"""
STARTED = """
    select case when suppressed is null then flow_name end, count(*) from deliveries
    where webhook_id in (select value from json_each(?)) group by 1 order by 2 desc
"""
OF_FLOW = """
    select distinct tenant_id, customer_id from deliveries
    where batch = ? and status = ? and flow_name is not distinct from ? limit ?
"""


class Period(NamedTuple):
    """From the first moment to before the last."""

    first: datetime
    end: datetime


@dataclass(frozen=True)
class Filter:
    """``reason``: why it was not sent, or started no flow. ``periods``: by tenant, when they were written; a tenant's
    day is its own."""

    tenants: Sequence[int]
    status: Status | None = None
    reason: str | None = None
    flow: str | None = None
    batch: str | None = None
    periods: Mapping[int, Period] = field(default_factory=dict)

    def conditions(self, tenant_id: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """One, or two that have nothing in common: SQLite takes no index in order for an `or`."""
        found = {name: value for name, value in self.values(tenant_id).items() if value is not None}
        where = " and ".join(f"{self.named(name)} = :{name}" for name in found)
        if period := self.periods.get(tenant_id):
            where += " and created_at >= :first and created_at < :end"
            found |= {"first": stamp(period.first), "end": stamp(period.end)}
        if self.reason is None:
            yield where, found
            return
        found["reason"] = self.reason
        plus = "" if self.leading == "reason" else "+"
        yield f"{where} and {plus}reason = :reason", found
        yield f"{where} and {plus}suppressed = :reason and reason is distinct from :reason", found

    def values(self, tenant_id: int) -> dict[str, Any]:
        """What is compared with a column of that name."""
        return {"tenant_id": tenant_id, "status": self.status, "flow_name": self.flow, "batch": self.batch}

    @property
    def leading(self) -> str:
        """By which the fewest are looked through."""
        if self.batch:
            return "batch"
        if self.status in FEW:
            return "status"
        return "reason" if self.reason else "flow_name" if self.flow else "status"

    def named(self, column: str) -> str:
        """With a plus no index is taken by it: SQLite cannot know which filter leaves the fewest."""
        is_free = column == self.leading or (column == "tenant_id" and self.leading != "batch")
        return column if is_free else f"+{column}"


def page(con: Connection, wanted: Filter, *, most: int, skip: int = 0) -> list[dict[str, Any]]:
    """By the names of `SHOWN`; moments as text."""
    found = [
        place
        for tenant_id in wanted.tenants
        for where, values in wanted.conditions(tenant_id)
        for place in con.execute(PLACES.format(where), {**values, "most": skip + most}).fetchall()
    ]
    places = nlargest(skip + most, found)[skip:]
    rows = con.execute(ROWS.format(", ".join(str(sequence) for _, sequence in places)))
    return [dict(zip(SHOWN, row, strict=True)) for row in rows]


def count(con: Connection, wanted: Filter) -> int:
    """Up to one more than `COUNTED_AT_MOST`."""
    left = COUNTED_AT_MOST + 1
    for tenant_id in wanted.tenants:
        for where, values in wanted.conditions(tenant_id):
            left -= int(con.execute(COUNT.format(where), {**values, "most": left}).fetchone()[0])
    return COUNTED_AT_MOST + 1 - left


def tenants(con: Connection) -> set[int]:
    """All that have, or had, deliveries here."""
    return {tenant_id for (tenant_id,) in con.execute(TENANTS)}


def tenant_of(con: Connection, webhook_id: str) -> int | None:
    row = con.execute(TENANT_OF.format("webhook_id"), [webhook_id]).fetchone()
    return row[0] if row else None


def tenant_of_batch(con: Connection, batch: str) -> int | None:
    """What is held together is one tenant's."""
    row = con.execute(TENANT_OF.format("batch"), [batch]).fetchone()
    return row[0] if row else None


class Attempt(NamedTuple):
    """Moments as text; ``answer``: the first 2 kB of it."""

    started_at: str
    ended_at: str | None
    http_status: int | None
    error: str | None
    milliseconds: int | None
    answer: str | None


def one(con: Connection, webhook_id: str) -> dict[str, Any] | None:
    query = f"select {', '.join(SHOWN)} from deliveries where webhook_id = ?"
    row = con.execute(query, [webhook_id]).fetchone()
    return dict(zip(SHOWN, row, strict=True)) if row else None


def body(con: Connection, webhook_id: str) -> bytes | None:
    (found,) = con.execute(BODY, [webhook_id]).fetchone() or (None,)
    return None if found is None else bytes(found)


def attempts(con: Connection, webhook_id: str) -> list[Attempt]:
    return [Attempt(*row) for row in con.execute(ATTEMPTS, [webhook_id])]


def earlier(con: Connection, row: Mapping[str, Any]) -> str | None:
    """The status of a message of the same customer that has to go first: of a held one, if any is; None: of none."""
    found = con.execute(EARLIER, [row["tenant_id"], row["customer_id"], row["sequence"]]).fetchone()
    return found[0] if found else None


def behind_held(con: Connection, ids: Sequence[str]) -> int:
    """How many of these wait for an earlier message of their customer, which is held."""
    return int(con.execute(BEHIND_HELD, [json.dumps([*ids])]).fetchone()[0])


def flows_started(con: Connection, ids: Sequence[str]) -> list[tuple[str | None, int]]:
    """By number, the most first; None: those that start none."""
    return [(flow, rows) for flow, rows in con.execute(STARTED, [json.dumps([*ids])])]


class FlowOfBatch(NamedTuple):
    """``customers``: tenant and customer of some of them. ``flow``: None: they tell, and start none."""

    flow: str | None
    rows: int
    customers: list[tuple[int, int]]


def flows_of_batch(con: Connection, batch: str, status: Status = Status.HELD) -> list[FlowOfBatch]:
    """By number, the most first."""
    counted = con.execute(FLOWS, [batch, status]).fetchall()
    return [
        FlowOfBatch(flow, rows, con.execute(OF_FLOW, [batch, status, flow, SAMPLE]).fetchall())
        for flow, rows in counted
    ]
