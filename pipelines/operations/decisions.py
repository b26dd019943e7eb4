"""What people decided: who, when and why. Each room notes its own, in the transaction that does it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge

from pipelines.operations.connection import Connection
from pipelines.operations.database import moment, stamp

NOTE = """
    insert into decisions (webhook_id, tenant_id, subject, action, overrides, reason, decided_by, decided_at)
    values (
        :webhook_id, ifnull(:tenant_id, (select tenant_id from deliveries where webhook_id = :webhook_id)), :subject,
        :action, :overrides, :reason, :by, :now
    )
"""
# Of one tenant at a time, for so the index has them in order.
NEWEST = """
    select decision_id, webhook_id, tenant_id, subject, action, overrides, reason, decided_by, decided_at
    from decisions where {} and decision_id < ? order by decision_id desc limit ?
"""
LAST = 2**62
LOOKED_AT = 100_000


@dataclass(frozen=True, slots=True)
class Decision:
    """``tenant_id``: 0: about all tenants; None: about none; of a message it is its. ``messages``: how many it
    was about; ``webhook_id``: the last of them; ``id``: of the first."""

    id: int
    webhook_id: str | None
    tenant_id: int | None
    subject: str | None
    action: str
    overrides: str | None
    reason: str
    decided_by: str
    decided_at: datetime
    messages: int = 1

    def is_of(self, other: "Decision") -> bool:
        """Whether both are one act, about several messages."""
        mine, others = (
            (one.tenant_id, one.action, one.overrides, one.reason, one.decided_by, one.decided_at)
            for one in (self, other)
        )
        return mine == others and self.webhook_id is not None and other.webhook_id is not None


def note(
    con: Connection,
    action: str,
    *,
    reason: str,
    by: str,
    now: datetime,
    tenant_id: int | None = None,
    subject: str | None = None,
    webhook_id: str | None = None,
    overrides: str | None = None,
) -> None:
    """Raises ValueError where the reason is empty."""
    if not reason.strip():
        raise ValueError("a decision needs a reason, in words that help the next reader")
    values = {"webhook_id": webhook_id, "tenant_id": tenant_id, "subject": subject, "overrides": overrides}
    con.execute(NOTE, values | {"action": action, "reason": reason, "by": by, "now": stamp(now)})


def newest(
    con: Connection, tenant_ids: Sequence[int] | None, *, before: int | None = None, most: int
) -> list[Decision]:
    """What one person did at one moment about many messages is one of them. ``before``: a `Decision.id`, to go on;
    ``tenant_ids``: only about these; None: all."""
    wanted = ["true"] if tenant_ids is None else [f"tenant_id = {int(one)}" for one in tenant_ids]
    asked = [LAST if before is None else before, LOOKED_AT]
    rows = merge(*(con.execute(NEWEST.format(one), asked) for one in wanted), reverse=True)
    found = list[Decision]()
    for *known, decided_at in rows:
        one = Decision(*(*known, moment(decided_at)))
        if found and one.is_of(found[-1]):
            found[-1] = replace(found[-1], id=one.id, messages=found[-1].messages + 1)
        elif len(found) == most:
            break
        else:
            found.append(one)
    return found
