"""Up to where each tenant's log is known, and how it was told then."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pipelines.operations import Connection, stamp


def checkpoints(con: Connection) -> dict[int, str | None]:
    """Of each tenant that was ever enqueued: the derivation up to which its log is known; none where no part is."""
    return dict(con.execute("select tenant_id, derivation_id from enqueues").fetchall())


def in_shadow_then(con: Connection) -> dict[int, bool]:
    """Of each tenant that was ever enqueued: whether it was in shadow."""
    return {tenant_id: bool(was) for tenant_id, was in con.execute("select tenant_id, was_shadow from enqueues")}


def note(
    con: Connection,
    tenants: Iterable[int],
    derivation_id: str | None,
    now: datetime,
    began_at: Mapping[int, datetime],
    in_shadow: Mapping[int, bool],
) -> None:
    """``began_at``: the newest sync that asked each tenant."""
    con.executemany(
        """insert or replace into enqueues (tenant_id, derivation_id, read_at, began_at, was_shadow)
            values (?, ?, ?, ?, ?)""",
        [
            (tenant_id, derivation_id, stamp(now), stamp(began_at.get(tenant_id, now)), in_shadow.get(tenant_id, False))
            for tenant_id in tenants
        ],
    )
