"""The outbox as `enqueue` writes it, inside one transaction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from typing import NamedTuple

from pipelines.flow_builder.outbox.knowledge import HAS_TURNED, IS_UNFINISHED
from pipelines.flow_builder.policy import REPLAYABLE, PlannedDelivery
from pipelines.flow_builder.statuses import Status
from pipelines.flow_builder.transition_log import BaselineRow, Key, Turned
from pipelines.operations import Connection, stamp

KEEP_LEASE = f"next_attempt_at = case status when '{Status.SENDING}' then next_attempt_at end"

CANCEL = f"""
    update deliveries set status = '{Status.CANCELED}', reason = 'retracted', {KEEP_LEASE}
    where {IS_UNFINISHED} and transition_id in (select value from json_each(?)) returning tenant_id, customer_id
"""

ADD = """
    insert into deliveries (
        sequence, webhook_id, kind, transition_id, tenant_id, customer_id, told_state, flow_name, occurred_at, body,
        created_at, status, reason, stands, is_newest
    ) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (webhook_id) do update set
        sequence = excluded.sequence,
        customer_id = excluded.customer_id,
        flow_name = excluded.flow_name,
        body = excluded.body,
        status = excluded.status,
        reason = excluded.reason,
        is_newest = excluded.is_newest,
        next_attempt_at = null
"""

ADD_PAST = f"""
    insert into deliveries (
        webhook_id, transition_id, tenant_id, customer_id, told_state, occurred_at, stands, kind, created_at, status,
        reason
    ) values (?1, ?1, ?2, ?3, ?4, ?5, ?6, 'changed', ?7, '{Status.NOT_SENT}', 'baseline')
"""

HOLD = f"""
    update deliveries set status = '{Status.HELD}'
    where sequence > :since and status = '{Status.PENDING}' and tenant_id in (
        select tenant_id from deliveries
        where sequence > :since and status = '{Status.PENDING}' and (flow_name is not null or kind = 'corrected')
        group by tenant_id having count(*) > :limit
    )
"""

# The lost file may have told them. Corrections start nothing and tell what is so now: they leave.
HOLD_AFTER_RESTORE = f"""
    update deliveries set status = '{Status.HELD}', reason = 'restored'
    where sequence > :since and status = '{Status.PENDING}' and kind = 'changed'
        and occurred_at <= (select max(restored_at) from restores)
"""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One delivery to write."""

    key: Key
    planned: PlannedDelivery
    body: bytes | None = None

    @property
    def has_body(self) -> bool:
        """It is sent, or a person may send it."""
        planned = self.planned
        return planned.reason is None or (planned.reason in REPLAYABLE and not planned.superseded)

    @property
    def transition_id(self) -> str | None:
        return self.planned.transition.transition_id if self.planned.transition else None


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

    def mark(self, turned: Iterable[Turned]) -> None:
        """Notes what stands no longer, or again, and what its customer's newest is."""
        self.con.executemany(
            "update deliveries set stands = ?, is_newest = ? where kind = 'changed' and webhook_id = ?",
            ((one.stands, one.is_newest, one.transition_id) for one in turned),
        )

    def cancel(self, gone: Sequence[str]) -> list[Key]:
        """What waits and tells of these. Returns the customer of each."""
        return [Key(*row) for row in self.con.execute(CANCEL, [json.dumps(gone)])] if gone else []

    def add_past(self, past: Iterable[BaselineRow], now: datetime) -> None:
        created_at = stamp(now)
        self.con.executemany(ADD_PAST, ((*one, created_at) for one in past))

    def add(self, rows: Sequence[OutboxRow], now: datetime) -> None:
        numbered = enumerate(rows, self.last_sequence() + 1)
        created_at = stamp(now)
        self.con.executemany(ADD, (self.row(sequence, entry, created_at) for sequence, entry in numbered))

    def row(self, sequence: int, entry: OutboxRow, created_at: str) -> tuple[object, ...]:
        planned, transition = entry.planned, entry.planned.transition
        return (
            sequence,
            entry.transition_id if planned.kind == "changed" else self.correction_id(entry.key),
            planned.kind,
            entry.transition_id,
            *entry.key,
            planned.to_state,
            planned.flow_name,
            stamp(transition.occurred_at) if transition else None,
            entry.body,
            created_at,
            planned.status,
            planned.reason,
            transition is None or transition.stands,
            planned.kind == "changed" and not planned.superseded,
        )

    def correction_id(self, key: Key) -> str:
        """``md5(tenant:customer)-corrected-{k}``, k counting from 1."""
        prefix = md5(f"{key.tenant_id}:{key.customer_id}".encode()).hexdigest() + "-corrected-"
        query = "select count(*) from deliveries where webhook_id > ? and webhook_id < ? || ':'"
        return f"{prefix}{self.con.execute(query, [prefix, prefix]).fetchone()[0] + 1}"

    def hold(self, since: int, limit: int) -> None:
        """Where a tenant got more than ``limit`` flows and corrections after that sequence, all its sends since then
        wait; and what a file that was lost may have told."""
        self.con.execute(HOLD_AFTER_RESTORE, {"since": since})
        self.con.execute(HOLD, {"since": since, "limit": limit})

    def note_told(self, tenants: Sequence[int]) -> None:
        """Of all their rows, whether they tell something now."""
        query = f"""update deliveries indexed by deliveries_turned set was_untold = 1 - was_untold
            where {HAS_TURNED} and tenant_id in (select value from json_each(?))"""
        self.con.execute(query, [json.dumps(tenants)])

    def counts(self, since: int) -> list[Count]:
        query = "select kind, status, reason, count(*) from deliveries where sequence > ? group by kind, status, reason"
        return [Count(*row) for row in self.con.execute(query, [since])]
