"""Records that were set aside and have not been read since: what is stored of them is older, or nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from pipelines.servicetitan.extract.rejects import RejectedRecord
from pipelines.servicetitan.raw_tables import DATASET
from pipelines.servicetitan.streams import STREAM
from pipelines.settings import Settings
from pipelines.tenants import directory
from pipelines.warehouse import open_warehouse

TOLD_FOR = timedelta(days=30)  # one that shows no id, or came again as it was stored, would be told for ever
NAMED = 10

STREAMS = f"select distinct stream from {DATASET}.rejected_records where rejected_at >= ?"
STANDING = f"""
select tenant_id, id, max_by(reason, rejected_at) from {DATASET}.rejected_records as rejected
where stream = ? and rejected_at >= ? and not exists (
    select 1 from {DATASET}.{{stream}} as stored
    where stored.tenant_id = rejected.tenant_id and cast(stored.id as varchar) = rejected.id
    and stored._dlt_load_id > rejected._dlt_load_id
)
group by tenant_id, id order by tenant_id, id
"""


@dataclass(frozen=True)
class SetAside:
    tenant_id: int
    stream: str
    id: str | None
    reason: str


def set_aside(warehouse: Path, now: datetime) -> list[SetAside]:
    """One per tenant, stream and id; those without one count as one."""
    if not warehouse.exists():
        return []
    try:
        with open_warehouse(warehouse, read_only=True) as connection:
            return list(_standing(connection, now - TOLD_FOR))
    except (duckdb.CatalogException, duckdb.BinderException):  # never loaded, or by a release that kept no ids
        return []


def by_place(settings: Settings, now: datetime) -> dict[str, list[SetAside]]:
    """``socal customers`` -> what is set aside there."""
    names = {tenant.id: tenant.name for tenant in directory.all(settings)}
    found: dict[str, list[SetAside]] = defaultdict(list)
    for one in set_aside(settings.warehouse, now):
        found[f"{names.get(one.tenant_id, one.tenant_id)} {one.stream}"].append(one)
    return dict(found)


def _standing(connection: duckdb.DuckDBPyConnection, since: datetime) -> Iterator[SetAside]:
    for (stream,) in connection.execute(STREAMS, [since]).fetchall():
        if stream in STREAM:
            for tenant_id, number, reason in connection.execute(
                STANDING.format(stream=stream), [stream, since]
            ).fetchall():
                yield SetAside(tenant_id, stream, number, reason)


def named(records: Iterable[SetAside | RejectedRecord]) -> str:
    """``104 (the record is not UTF-8 (byte 30)), one without an id (…)``; the first ten."""
    told = [f"{one.id or 'one without an id'} ({one.reason})" for one in records]
    more = f" and {len(told) - NAMED:,} more" if len(told) > NAMED else ""
    return ", ".join(told[:NAMED]) + more
