"""Up to where each tenant's log is known, and how it was told then."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pipelines.operations import Connection, stamp
from pipelines.readings import Reading


def checkpoints(con: Connection) -> dict[int, str | None]:
    """Of each tenant that was ever enqueued: the derivation up to which its log is known; none where no part is."""
    return dict(con.execute("select tenant_id, derivation_id from enqueues").fetchall())


def told_elsewhere(con: Connection, tenants: Iterable[int]) -> dict[int, str]:
    """Which of these another shard of the same database tells: by tenant, in which schema. Within a transaction: until
    it ends, no other shard begins with one."""
    if not (asked := set(tenants)):
        return {}
    return {
        tenant_id: schema
        for schema in con.neighbors()
        for (tenant_id,) in con.execute(f'select tenant_id from "{schema}".enqueues').fetchall()
        if tenant_id in asked
    }


def in_shadow_then(con: Connection) -> dict[int, bool]:
    """Of each tenant that was ever enqueued: whether it was in shadow."""
    return {tenant_id: bool(was) for tenant_id, was in con.execute("select tenant_id, was_shadow from enqueues")}


def note(
    con: Connection,
    tenants: Iterable[int],
    derivation_id: str | None,
    now: datetime,
    readings: Mapping[int, Reading],
    in_shadow: Mapping[int, bool],
) -> None:
    con.executemany(
        """insert into enqueues (tenant_id, derivation_id, read_at, was_shadow, began_at, whole_from)
        values (?, ?, ?, ?, ?, ?)
        on conflict (tenant_id) do update set derivation_id = excluded.derivation_id, read_at = excluded.read_at,
            was_shadow = excluded.was_shadow, began_at = excluded.began_at, whole_from = excluded.whole_from""",
        [
            (
                tenant_id,
                derivation_id,
                stamp(now),
                in_shadow.get(tenant_id, False),
                *stamps(readings.get(tenant_id), now),
            )
            for tenant_id in tenants
        ],
    )


def note_readings(con: Connection, tenants: Iterable[int], readings: Mapping[int, Reading], now: datetime) -> None:
    """Where nothing was news: what is known is as of then."""
    con.executemany(
        "update enqueues set began_at = ?, whole_from = ? where tenant_id = ?",
        [(*stamps(readings.get(tenant_id), now), tenant_id) for tenant_id in tenants],
    )


def stamps(reading: Reading | None, now: datetime) -> tuple[str, str | None]:
    """When the newest sync that asked the tenant began, and the newest that read it whole."""
    if reading is None:
        return stamp(now), None
    return stamp(reading.asked_at), stamp(reading.whole_from) if reading.whole_from else None
