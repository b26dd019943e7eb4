"""The outbox as `enqueue` writes it, inside one transaction."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from pipelines.flow_builder.delivery import Delivery
from pipelines.flow_builder.outbox.knowledge import HAS_TURNED, TELLS
from pipelines.flow_builder.statuses import Status
from pipelines.flow_builder.transition_log import BaselineRow
from pipelines.operations import Connection, stamp

HOLD_OVER = timedelta(minutes=60)
KEEP_LEASE = f"next_attempt_at = case status when '{Status.SENDING}' then next_attempt_at end"

WRITTEN = (
    *("sequence", "webhook_id", "kind", "transition_id", "tenant_id", "customer_id", "job_id", "told_state"),
    *("flow_name", "ends", "follows", "suppressed", "occurred_at", "appointment", "was_ahead"),
    *("ahead_until", "flow_until"),
    *("settles_at", "body", "created_at", "status", "reason", "stands", "is_newest", "was_retracted"),
)
KEPT = ("sequence", "webhook_id", "kind", "tenant_id", "body", "created_at")

# What has another sequence is as new.
WRITE = f"""
    insert into deliveries ({", ".join(WRITTEN)}) values ({", ".join(f":{column}" for column in WRITTEN)})
    on conflict (webhook_id) do update set
        {", ".join(f"{column} = excluded.{column}" for column in WRITTEN if column not in KEPT)},
        body = coalesce(excluded.body, deliveries.body),
        created_at = case
            when deliveries.sequence = excluded.sequence then deliveries.created_at else excluded.created_at
        end,
        batch = case when deliveries.sequence = excluded.sequence then deliveries.batch end,
        next_attempt_at = case
            when deliveries.status = '{Status.SENDING}' or deliveries.status = excluded.status
                then deliveries.next_attempt_at
        end,
        sequence = excluded.sequence
"""

ADD_PAST = f"""
    insert into deliveries (
        webhook_id, transition_id, tenant_id, customer_id, told_state, occurred_at, stands, kind, created_at, status,
        reason
    ) values (?, ?, ?, ?, ?, ?, ?, 'changed', ?, '{Status.NOT_SENT}', 'baseline')
"""

# Others may write at the same time, of other tenants. With a plus SQLite takes no index of the tenant's.
IS_NEW = "sequence > :since and +tenant_id in (select cast(value as bigint) from json_each(:tenants))"

# A changed rule, or a job type that was misread, must not mail a whole city, nor stop its flows. A batch that a person
# has seen is counted no more.
HOLD = f"""
    update deliveries set status = '{Status.HELD}', batch = tenant_id || '-' || created_at
    where sequence > :since and status = '{Status.PENDING}' and tenant_id in (
        select tenant_id from deliveries
        where (sequence > :since or (created_at > :an_hour_ago and batch is null))
            and status not in ('{Status.NOT_SENT}', '{Status.CANCELED}')
            and (flow_name is not null or ends != '[]')
            and tenant_id in (
                select distinct tenant_id from deliveries where {IS_NEW} and status = '{Status.PENDING}'
            )
        group by tenant_id having count(*) > :limit
    )
"""

# The lost file may have told them. Corrections start nothing and tell what is so now: they leave.
HOLD_AFTER_RESTORE = f"""
    update deliveries set status = '{Status.HELD}', reason = 'restored', batch = tenant_id || '-' || created_at
    where {IS_NEW} and status = '{Status.PENDING}' and kind = 'changed'
        and occurred_at <= (select max(restored_at) from restores)
"""


COUNTS = f"select kind, status, reason, count(*) from deliveries where {IS_NEW} group by kind, status, reason"


class Count(NamedTuple):
    kind: str
    status: str
    reason: str | None
    rows: int


class OutboxWriter:
    def __init__(self, con: Connection) -> None:
        self.con = con

    def last_sequence(self) -> int:
        return int(self.con.execute("select coalesce(max(sequence), 0) from deliveries").fetchone()[0])

    def add_past(self, past: Iterable[BaselineRow], now: datetime) -> None:
        created_at = stamp(now)
        self.con.executemany(ADD_PAST, ((one[0], *one, created_at) for one in past))

    def write(self, rows: Sequence[tuple[Delivery, bytes | None]], now: datetime) -> None:
        """Each with its body, where that is another than before."""
        created_at, new = stamp(now), new_sequences(self.con, sum(row.sequence is None for row, _ in rows))
        self.con.executemany(WRITE, (values(row, row.sequence or next(new), body, created_at) for row, body in rows))

    def body(self, webhook_id: str) -> bytes | None:
        """None: it has none."""
        row = self.con.execute("select body from deliveries where webhook_id = ?", [webhook_id]).fetchone()
        return row[0] if row else None

    def hold(self, tenants: Sequence[int], since: int, limit: int, now: datetime) -> None:
        """Where one of these tenants got more than ``limit`` sends that start or end a flow within an hour, all of its
        that came after that sequence waits; and what a store that was lost may have told."""
        new = {"tenants": json.dumps(tenants), "since": since}
        self.con.execute(HOLD_AFTER_RESTORE, new)
        self.con.execute(HOLD, {**new, "limit": limit, "an_hour_ago": stamp(now - HOLD_OVER)})

    def note_told(self, tenants: Sequence[int]) -> None:
        """Of all their rows, what they tell now."""
        query = f"""update deliveries indexed by deliveries_turned set seen_as = {TELLS}
            where {HAS_TURNED} and tenant_id in (select cast(value as bigint) from json_each(?))"""
        self.con.execute(query, [json.dumps(tenants)])

    def counts(self, tenants: Sequence[int], since: int) -> list[Count]:
        asked = {"tenants": json.dumps(tenants), "since": since}
        return [Count(*row) for row in self.con.execute(COUNTS, asked)]


def new_sequences(con: Connection, count: int) -> Iterator[int]:
    """Later than all that there are."""
    return iter(con.new_numbers("deliveries", "sequence", count) if count else ())


def values(row: Delivery, sequence: int, body: bytes | None, created_at: str) -> dict[str, Any]:
    """By the names of `WRITTEN`."""
    times = ("occurred_at", "ahead_until", "flow_until", "settles_at")
    same = (
        *("webhook_id", "kind", "transition_id", "job_id", "told_state", "flow_name", "follows", "suppressed"),
        *("was_ahead", "status", "reason", "stands", "is_newest", "was_retracted"),
    )
    return {
        "sequence": sequence,
        "tenant_id": row.key.tenant_id,
        "customer_id": row.key.customer_id,
        "ends": msgspec.json.encode(row.ends).decode(),
        "appointment": msgspec.json.encode(row.appointment).decode() if row.appointment else None,
        "body": body,
        "created_at": created_at,
        **{name: getattr(row, name) for name in same},
        **{name: stamp(at) if (at := getattr(row, name)) else None for name in times},
    }
