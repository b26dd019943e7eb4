"""What people decided: who, when and why. Each room notes its own, in the transaction that does it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.operations.connection import Connection
from pipelines.operations.database import moment, stamp

NOTE = """
    insert into decisions (webhook_id, tenant_id, subject, action, overrides, reason, decided_by, decided_at)
    values (:webhook_id, :tenant_id, :subject, :action, :overrides, :reason, :by, :now)
"""
# Of tenants as numbers in a list of JSON; null: of all.
NEWEST = """
    select
        decisions.webhook_id,
        ifnull(decisions.tenant_id, deliveries.tenant_id),
        decisions.subject,
        decisions.action,
        decisions.overrides,
        decisions.reason,
        decisions.decided_by,
        decisions.decided_at
    from decisions
    left join deliveries using (webhook_id)
    {}
    order by decisions.decision_id desc
    limit :limit offset :offset
"""
OF_THESE = "where ifnull(decisions.tenant_id, deliveries.tenant_id) in ({})"


@dataclass(frozen=True, slots=True)
class Decision:
    """``tenant_id``: 0: about all tenants; None: about none."""

    webhook_id: str | None
    tenant_id: int | None
    subject: str | None
    action: str
    overrides: str | None
    reason: str
    decided_by: str
    decided_at: datetime


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


def newest(con: Connection, tenant_ids: Sequence[int] | None, *, limit: int, offset: int = 0) -> list[Decision]:
    """``tenant_ids``: only about these; None: all."""
    where = "" if tenant_ids is None else OF_THESE.format(", ".join(map(str, map(int, tenant_ids))))
    rows = con.execute(NEWEST.format(where), {"limit": limit, "offset": offset}).fetchall()
    return [Decision(*(*known, moment(decided_at))) for *known, decided_at in rows]
