"""The outbox as `enqueue` reads and writes it, inside one transaction."""

import json
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import md5
from typing import NamedTuple

from pipelines.flow_builder.policy import PlannedDelivery, Recipient, ToldState, Transition
from pipelines.flow_builder.statuses import TOLD, UNFINISHED, Status
from pipelines.flow_builder.transition_log import BaselineRow, History, Key
from pipelines.operations import Connection, moment, stamp

IS_UNFINISHED = f"status in {UNFINISHED}"
# In the words of the index deliveries_told, or SQLite would not use it.
IS_TOLD = f"""(status in {TOLD}
    or (status = '{Status.CANCELED}' and attempt_id is not null))"""

KEEP_LEASE = f"next_attempt_at = case status when '{Status.SENDING}' then next_attempt_at end"

TOLD_STATES = f"""
    select tenant_id, customer_id, told_state from (
        select tenant_id, customer_id, told_state, max(sequence) from deliveries
        where {IS_TOLD} group by tenant_id, customer_id
    )
"""

NEWEST_TOLD = f"""
    select told.told_state, told.transition_id, coalesce(cause.stands, 0)
    from deliveries as told
    left join deliveries as cause on cause.webhook_id = told.transition_id
    where told.sequence = (
        select max(sequence) from deliveries where tenant_id = ? and customer_id = ? and {IS_TOLD}
    )
"""

# What was canceled before any attempt, and stands again, is planned anew.
KNOWLEDGE = f"""
    select
        webhook_id,
        status != '{Status.CANCELED}' or reason != 'retracted' or attempt_id is not null or not stands as known,
        {IS_TOLD} as told
    from json_each(?) as asked
    inner join deliveries on deliveries.webhook_id = asked.value
"""

ADD = """
    insert into deliveries (
        sequence, webhook_id, kind, transition_id, tenant_id, customer_id, told_state, flow_name, occurred_at, body,
        created_at, status, reason, stands
    ) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (webhook_id) do update set
        sequence = excluded.sequence,
        customer_id = excluded.customer_id,
        flow_name = excluded.flow_name,
        body = excluded.body,
        status = excluded.status,
        reason = excluded.reason,
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
        where sequence > :since and status = '{Status.PENDING}' and flow_name is not null
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
class Checkpoint:
    """The log as the last enqueue left it, and the outbox's last sequence then."""

    fingerprint: str
    sequence: int
    read_at: datetime


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One delivery to write."""

    key: Key
    planned: PlannedDelivery
    body: bytes | None = None

    @property
    def is_sent(self) -> bool:
        return self.planned.reason is None

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

    def mark(self) -> Checkpoint | None:
        row = self.con.execute("select fingerprint, sequence, read_at from known_log").fetchone()
        return row and Checkpoint(row[0], row[1], moment(row[2]))

    def set_mark(self, fingerprint: str, now: datetime) -> None:
        self.con.execute(
            "insert or replace into known_log (id, fingerprint, sequence, read_at) values (1, ?, ?, ?)",
            [fingerprint, self.last_sequence(), stamp(now)],
        )

    def last_sequence(self) -> int:
        return int(self.con.execute("select coalesce(max(sequence), 0) from deliveries").fetchone()[0])

    def known(self, stands: bool) -> bytes:
        """The ids of what is known, one after the other: as one value, because two million rows take seconds."""
        query = """select cast(group_concat(transition_id, '') as blob) from deliveries
            where kind = 'changed' and stands = ?"""
        return self.con.execute(query, [stands]).fetchone()[0] or b""

    def told_states(self) -> dict[Key, float]:
        rows = self.con.execute(TOLD_STATES)
        return {Key(tenant_id, customer_id): state for tenant_id, customer_id, state in rows}

    def mark_standing(self, turned: dict[str, bool], tenants: Sequence[int]) -> list[Key]:
        """Notes what stands no longer, or again. Returns the customer of each send that this canceled."""
        self.con.executemany(
            """update deliveries set stands = ? where kind = 'changed' and transition_id = ?
                and tenant_id in (select value from json_each(?))""",
            ((stands, transition_id, json.dumps(tenants)) for transition_id, stands in turned.items()),
        )
        gone = json.dumps([transition_id for transition_id, stands in turned.items() if not stands])
        canceled = self.con.execute(
            f"""update deliveries set status = '{Status.CANCELED}', reason = 'retracted', {KEEP_LEASE}
                where {IS_UNFINISHED} and transition_id in (
                    select webhook_id from deliveries join json_each(?) on webhook_id = value where not stands
                ) returning tenant_id, customer_id""",
            [gone],
        )
        return [Key(*row) for row in canceled.fetchall()]

    def customers(self, histories: Sequence[History], told: Container[Key]) -> Iterator[Recipient]:
        """With what the outbox knows of them. ``told``: of whom anything was told."""
        ids = [transition.transition_id for history in histories for transition in history.transitions]
        rows = self.con.execute(KNOWLEDGE, [json.dumps(ids)])
        knowledge = {webhook_id: (bool(known), bool(told)) for webhook_id, known, told in rows}
        for history in histories:
            transitions = [with_knowledge(transition, knowledge) for transition in history.transitions]
            yield Recipient(history.is_active, transitions, self.told(history.key) if history.key in told else None)

    def told(self, key: Key) -> ToldState | None:
        row = self.con.execute(NEWEST_TOLD, key).fetchone()
        return row and ToldState(row[0], row[1], stands=bool(row[2]))

    def add_past(self, past: Iterable[BaselineRow], now: datetime) -> None:
        created_at = stamp(now)
        self.con.executemany(ADD_PAST, ((*one, created_at) for one in past))

    def add(self, writer: Sequence[OutboxRow], now: datetime) -> None:
        numbered = enumerate(writer, self.last_sequence() + 1)
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
        )

    def correction_id(self, key: Key) -> str:
        """``md5(tenant:customer)-corrected-{k}``, k counting from 1."""
        prefix = md5(f"{key.tenant_id}:{key.customer_id}".encode()).hexdigest() + "-corrected-"
        query = "select count(*) from deliveries where webhook_id > ? and webhook_id < ? || ':'"
        return f"{prefix}{self.con.execute(query, [prefix, prefix]).fetchone()[0] + 1}"

    def hold(self, since: int, limit: int) -> None:
        """Where a tenant got more than ``limit`` flows after that sequence, all its sends since then wait; and what a
        file that was lost may have told."""
        self.con.execute(HOLD_AFTER_RESTORE, {"since": since})
        self.con.execute(HOLD, {"since": since, "limit": limit})

    def counts(self, since: int) -> list[Count]:
        query = "select kind, status, reason, count(*) from deliveries where sequence > ? group by kind, status, reason"
        return [Count(*row) for row in self.con.execute(query, [since])]


def with_knowledge(transition: Transition, knowledge: dict[str, tuple[bool, bool]]) -> Transition:
    if transition.transition_id not in knowledge:
        return transition
    known, told = knowledge[transition.transition_id]
    return replace(transition, known=known or transition.known, told=told)
