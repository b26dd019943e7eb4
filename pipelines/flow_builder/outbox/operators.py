"""The operator's hands on the outbox: each decision is kept with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pipelines.flow_builder.outbox.knowledge import IS_TOLD
from pipelines.flow_builder.outbox.writer import KEEP_LEASE
from pipelines.flow_builder.statuses import UNFINISHED, Status
from pipelines.operations import Connection, open_operations, stamp, transaction

Action = Literal["replay", "release", "cancel"]
REPLAYABLE = ("reclassified", "stale")


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """``from_statuses``: of which deliveries it may be asked; ``change``: what it does to one."""

    noun: str
    from_statuses: Sequence[Status]
    change: str


# What is not to be sent names no flow; its body does, for this very case.
FLOW_NAME = "ifnull(flow_name, json_extract(cast(body as text), '$.data.flow_name'))"

ACTIONS: Mapping[Action, OperatorAction] = {
    "replay": OperatorAction(
        "replayed",
        (Status.DEAD, Status.NOT_SENT, Status.DELIVERED),
        f"""sequence = (select max(sequence) + 1 from deliveries), status = '{Status.PENDING}', reason = null,
        attempts = 0, next_attempt_at = null, settles_at = null, overrides = 'reclassified stale expired',
        flow_name = {FLOW_NAME}""",
    ),
    "release": OperatorAction("released", (Status.HELD,), f"status = '{Status.PENDING}', reason = null"),
    # Canceling what is dead accepts the loss: dead told nothing, canceled after an attempt would have.
    "cancel": OperatorAction(
        "canceled",
        (*UNFINISHED, Status.DEAD),
        f"""reason = case status when '{Status.DEAD}' then 'accepted' else 'operator' end, {KEEP_LEASE},
        status = case status when '{Status.DEAD}' then '{Status.DEAD}' else '{Status.CANCELED}' end""",
    ),
}

# Why a replay would tell what is no longer so, or start a flow that is no longer the newest.
NO_REPLAY = f"""
    select case
        when kind = 'changed' and not stands then 'its transition was retracted'
        when kind = 'changed' and not is_newest then 'a later transition of this customer is known'
        when body is null and (attempt_id is not null or reason = 'expired')
            then 'its body is not kept any longer (RETENTION_DAYS)'
        when body is null and reason in {REPLAYABLE}
            then 'no body was kept: a later transition stood when it was written, or it is older than RETENTION_DAYS'
        when body is null then 'it was never to be sent, so there is no body'
        when kind = 'corrected' and exists (
            select 1 from deliveries
            where tenant_id = asked.tenant_id and customer_id = asked.customer_id and sequence > asked.sequence
                and {IS_TOLD}
        ) then 'something later was told of this customer'
    end
    from deliveries as asked where webhook_id = ?
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one request: ``refused`` says why nothing was done."""

    webhook_id: str
    refused: str | None = None


def decide(
    operations: Path,
    action: Action,
    webhook_ids: Sequence[str],
    *,
    reason: str,
    by: str,
    now: datetime,
    dry_run: bool = False,
) -> list[Decided]:
    """One transaction for all; those that are refused do not keep the others from being done."""
    if not reason.strip():
        raise ValueError("a decision needs a reason, in words that help the next reader")
    with open_operations(operations) as con, transaction(con):
        return [
            decide_one(con, action, webhook_id, reason, by, now, dry_run) for webhook_id in dict.fromkeys(webhook_ids)
        ]


def decide_one(
    con: Connection, action: Action, webhook_id: str, reason: str, by: str, now: datetime, dry_run: bool = False
) -> Decided:
    refused = refusal(con, action, webhook_id)
    if not (refused or dry_run):
        apply(con, action, webhook_id, reason, by, now)
    return Decided(webhook_id, refused)


def refusal(con: Connection, action: Action, webhook_id: str) -> str | None:
    row = con.execute("select status from deliveries where webhook_id = ?", [webhook_id]).fetchone()
    if row is None:
        return "no such delivery"
    if row[0] not in ACTIONS[action].from_statuses:
        return f"it is {row[0]}; only {', '.join(ACTIONS[action].from_statuses)} can be {ACTIONS[action].noun}"
    if action == "replay":
        why: str | None = con.execute(NO_REPLAY, [webhook_id]).fetchone()[0]
        return why
    return None


def apply(con: Connection, action: Action, webhook_id: str, reason: str, by: str, now: datetime) -> None:
    chosen = ACTIONS[action]
    con.execute(f"update deliveries set {chosen.change} where webhook_id = ?", [webhook_id])
    con.execute(
        "insert into decisions (webhook_id, action, reason, decided_by, decided_at) values (?, ?, ?, ?, ?)",
        [webhook_id, chosen.noun, reason, by, stamp(now)],
    )
