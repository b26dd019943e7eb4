"""The operator's hands on the outbox: each decision is kept with its reason."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from pipelines.flow_builder.outbox.knowledge import OutboxKnowledge
from pipelines.flow_builder.outbox.locks import outboxes
from pipelines.flow_builder.outbox.queue import LET_OTHERS_WAIT
from pipelines.flow_builder.outbox.replays import Refused, Replay, plan_replay
from pipelines.flow_builder.outbox.writer import KEEP_LEASE, OutboxWriter, new_sequences
from pipelines.flow_builder.statuses import UNFINISHED, Status, Statuses
from pipelines.operations import Connection, open_operations, stamp, transaction
from pipelines.operations.decisions import note
from pipelines.settings import Settings

Action = Literal["replay", "release", "cancel"]


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """``from_statuses``: of which deliveries it may be asked; ``of_a_batch``: which of a batch are meant."""

    noun: str
    from_statuses: Statuses
    of_a_batch: Statuses


ACTIONS: Mapping[Action, OperatorAction] = {
    "replay": OperatorAction(
        "replayed",
        Statuses((Status.DEAD, Status.NOT_SENT, Status.DELIVERED)),
        Statuses((Status.DEAD, Status.NOT_SENT)),
    ),
    "release": OperatorAction("released", Statuses((Status.HELD,)), Statuses((Status.HELD,))),
    "cancel": OperatorAction("canceled", Statuses((*UNFINISHED, Status.DEAD)), UNFINISHED),
}
RELEASE = f"update deliveries set status = '{Status.PENDING}', reason = null where webhook_id = :webhook_id"
# Canceling what is dead accepts the loss: it stays dead, and tells what it told.
CANCEL = f"""
    update deliveries set
        reason = case status when '{Status.DEAD}' then 'accepted' else 'operator' end,
        {KEEP_LEASE},
        status = case status when '{Status.DEAD}' then '{Status.DEAD}' else '{Status.CANCELED}' end
    where webhook_id = :webhook_id
"""
SEND_AGAIN = f"""
    update deliveries set
        sequence = :sequence,
        status = '{Status.PENDING}',
        reason = null,
        attempts = 0,
        next_attempt_at = null,
        settles_at = null,
        flow_until = :flow_until,
        seen_as = 0 -- also if it comes to the same end: it has the last word then
    where webhook_id = :webhook_id
"""
OVERRIDE = "update deliveries set overrides = ? where webhook_id = ?"
TENANTS_OF = """
    select distinct tenant_id from deliveries where webhook_id in (select value from json_each(?))
"""
IDS = "select webhook_id from deliveries where {} order by sequence"


@dataclass(frozen=True, slots=True)
class Selection:
    """More than the ids named: a batch; or what of a tenant has that status, and perhaps told that state."""

    batch: str | None = None
    tenant_id: int | None = None
    status: Status | None = None
    state: float | None = None

    def ids(self, con: Connection, action: Action) -> list[str]:
        chosen = ACTIONS[action]
        statuses = chosen.of_a_batch if self.status is None else Statuses((self.status,))
        asked = {"batch": self.batch, "tenant_id": self.tenant_id, "told_state": self.state}
        given = {name: value for name, value in asked.items() if value is not None}
        where = " and ".join([f"status in {statuses}", *(f"{name} = :{name}" for name in given)])
        return [webhook_id for (webhook_id,) in con.execute(IDS.format(where), given)]


class SetChanged(Exception):
    """Other deliveries are selected than were counted; nothing was done."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one request: ``refused`` says why nothing was done."""

    webhook_id: str
    refused: str | None = None


def decide(
    settings: Settings,
    action: Action,
    webhook_ids: Sequence[str],
    *,
    reason: str,
    by: str,
    now: datetime,
    dry_run: bool = False,
    anyway: bool = False,
) -> list[Decided]:
    """One transaction for all; those that are refused do not keep the others from being done."""
    deciding = Deciding(settings, action, reason, by, now, dry_run, anyway)
    with open_operations(settings.operations) as con, transaction(con):
        lock_outboxes(con, webhook_ids)
        return deciding.all(con, webhook_ids)


def decide_selected(
    settings: Settings,
    action: Action,
    selection: Selection,
    *,
    counted: str | None,
    reason: str,
    by: str,
    now: datetime,
    dry_run: bool = False,
    anyway: bool = False,
) -> list[Decided]:
    """``counted``: the `digest` of those that a person was told of; None: whatever is selected now. Raises
    `SetChanged`."""
    deciding = Deciding(settings, action, reason, by, now, dry_run, anyway)
    with open_operations(settings.operations) as con, transaction(con):
        lock_outboxes(con, selection.ids(con, action))
        webhook_ids = selection.ids(con, action)
        if counted is not None and digest(webhook_ids) != counted:
            raise SetChanged(f"the set has changed: {len(webhook_ids)} deliveries are selected now; nothing was done")
        return deciding.all(con, webhook_ids)


def lock_outboxes(con: Connection, webhook_ids: Sequence[str]) -> None:
    """Of the tenants of these, until the transaction ends."""
    if con.is_shared:
        con.lock(*outboxes(one for (one,) in con.execute(TENANTS_OF, [json.dumps([*webhook_ids])])))


def digest(webhook_ids: Sequence[str]) -> str:
    """Another one for another set."""
    return sha256("\n".join(sorted(webhook_ids)).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Deciding:
    settings: Settings
    action: Action
    reason: str
    by: str
    now: datetime
    dry_run: bool
    anyway: bool

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("a decision needs a reason, in words that help the next reader")

    def all(self, con: Connection, webhook_ids: Sequence[str]) -> list[Decided]:
        return [self.one(con, webhook_id) for webhook_id in dict.fromkeys(webhook_ids)]

    def one(self, con: Connection, webhook_id: str) -> Decided:
        try:
            self.apply(con, webhook_id)
        except Refused as refused:
            return Decided(webhook_id, str(refused))
        return Decided(webhook_id)

    def apply(self, con: Connection, webhook_id: str) -> None:
        """Raises `Refused`."""
        row, chosen = OutboxKnowledge(con).row(webhook_id), ACTIONS[self.action]
        if row is None:
            raise Refused("no such delivery")
        if row.status not in chosen.from_statuses:
            raise Refused(f"it is {row.status}; only {', '.join(chosen.from_statuses)} can be {chosen.noun}")
        planned = None
        if self.action == "replay":
            planned = plan_replay(con, self.settings, row, self.now, anyway=self.anyway)
        if self.dry_run:
            return
        if planned:
            self.replay(con, planned)
        elif self.action == "release":
            con.execute(RELEASE, {"webhook_id": webhook_id})
        else:
            con.execute(CANCEL, {"webhook_id": webhook_id})
            con.execute(LET_OTHERS_WAIT, {"webhook_id": webhook_id, "now": stamp(self.now)})
        overridden = " ".join(planned.overridden) if planned and planned.overridden else None
        note(
            con,
            chosen.noun,
            webhook_id=webhook_id,
            overrides=overridden,
            reason=self.reason,
            by=self.by,
            now=self.now,
        )

    def replay(self, con: Connection, planned: Replay) -> None:
        row = planned.row
        if planned.body is None:
            flow_until = stamp(row.flow_until) if row.flow_until else None
            again = {"webhook_id": row.webhook_id, "flow_until": flow_until, "sequence": next(new_sequences(con, 1))}
            con.execute(SEND_AGAIN, again)
        else:
            OutboxWriter(con).write([(row, planned.body)], self.now)
        con.execute(OVERRIDE, [row.overrides, row.webhook_id])
