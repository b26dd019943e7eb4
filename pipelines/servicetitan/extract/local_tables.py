"""What stands beside ServiceTitan's records: who the tenants are, and what ``operations.sqlite`` holds for us."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipelines.servicetitan.batches import Batch
from pipelines.servicetitan.pages import Bookmarks
from pipelines.servicetitan.raw_tables import CONTACT_LINKS, STATE_UPDATES, TENANTS, RawTable
from pipelines.servicetitan.streams import DataType
from pipelines.settings import Settings
from pipelines.tenants import directory

OWNER = "all"
Row = Mapping[str, Any]


def asides(settings: Settings, bookmarks: Bookmarks) -> Iterator[Batch]:
    """Each table as a whole, if it is not what was stored last."""
    for table, rows in ((TENANTS, configured), (STATE_UPDATES, stored), (CONTACT_LINKS, stored)):
        batch = whole(table, list(rows(settings, table)))
        if batch.rows.num_rows and batch.bookmark != bookmarks.get(table.name, {}).get(OWNER):
            yield batch


def whole(table: RawTable, rows: list[Row]) -> Batch:
    digest = hashlib.sha256(repr([list(row.values()) for row in rows]).encode()).hexdigest()
    return Batch(table.name, pa.Table.from_pylist(rows, table.schema), OWNER, {"digest": digest})


def configured(settings: Settings, _table: RawTable) -> Iterator[Row]:
    for tenant in directory.all(settings):
        yield {
            "tenant_id": tenant.id,
            "tenant_name": tenant.name,
            "workspace_id": str(tenant.workspace_id) if tenant.workspace_id else None,
            "timezone": tenant.timezone,
        }


def stored(settings: Settings, table: RawTable) -> Iterator[Row]:
    """The table of the same name, if the file and the table are there."""
    if not settings.operations.exists():
        return
    with closing(sqlite3.connect(f"{settings.operations.as_uri()}?mode=rw", uri=True, timeout=30)) as connection:
        if not connection.execute("select 1 from sqlite_master where name = ?", (table.name,)).fetchone():
            return
        names, key = ", ".join(table.columns), ", ".join(table.key)
        for row in connection.execute(f"select {names} from {table.name} order by {key}"):
            yield {
                name: None if value is None else CONVERT.get(kind, _same)(value)
                for (name, kind), value in zip(table.columns.items(), row, strict=True)
            }


def _same(value: Any) -> Any:
    return value


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


CONVERT: dict[DataType, Callable[[Any], Any]] = {"decimal": lambda value: Decimal(str(value)), "timestamp": _moment}
