"""Up to where each tenant's log is known."""

from collections.abc import Iterable

from pipelines.operations import Connection


def checkpoints(con: Connection) -> dict[int, str | None]:
    """Of each tenant that was ever enqueued: the derivation up to which its log is known; none where no part is."""
    return dict(con.execute("select tenant_id, derivation_id from enqueues").fetchall())


def note(con: Connection, tenants: Iterable[int], derivation_id: str | None, read_at: str) -> None:
    con.executemany(
        "insert or replace into enqueues (tenant_id, derivation_id, read_at) values (?, ?, ?)",
        [(tenant_id, derivation_id, read_at) for tenant_id in tenants],
    )
