"""What stands beside ServiceTitan's records: who the tenants are, and what was said of customers."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipelines.annotations import contact_links, state_updates
from pipelines.annotations.state_updates import SetState
from pipelines.operations import open_operations
from pipelines.servicetitan.batches import Batch
from pipelines.servicetitan.pages import Bookmarks
from pipelines.servicetitan.raw_tables import CONTACT_LINKS, STATE_UPDATES, TENANTS, RawTable
from pipelines.settings import Settings
from pipelines.tenants import directory

OWNER = "all"
Rows = Sequence[Mapping[str, Any]]


def asides(settings: Settings, bookmarks: Bookmarks) -> Iterator[Batch]:
    """Each table as a whole, if it is not what was stored last. Raises `OperationsError`."""
    for table, rows in ((TENANTS, configured(settings)), *annotations(settings)):
        batch = whole(table, rows)
        if batch.rows.num_rows and batch.bookmark != bookmarks.get(table.name, {}).get(OWNER):
            yield batch


def whole(table: RawTable, rows: Rows) -> Batch:
    digest = hashlib.sha256(repr([list(row.values()) for row in rows]).encode()).hexdigest()
    return Batch(table.name, pa.Table.from_pylist(list(rows), table.schema), OWNER, {"digest": digest})


def configured(settings: Settings) -> Rows:
    return [
        {
            "tenant_id": tenant.id,
            "tenant_name": tenant.name,
            "workspace_id": str(tenant.workspace_id) if tenant.workspace_id else None,
            "timezone": tenant.timezone,
        }
        for tenant in directory.all(settings)
    ]


def annotations(settings: Settings) -> list[tuple[RawTable, Rows]]:
    """No file yet: none."""
    if not settings.operations.exists():
        return []
    with open_operations(settings.operations) as con:
        updates = [_raw(one) for one in state_updates.rows(con)]
        links = [one._asdict() for one in contact_links.rows(con)]
    return [(STATE_UPDATES, updates), (CONTACT_LINKS, links)]


def _raw(update: SetState) -> dict[str, Any]:
    """What starts a flow is as the releases stored it that knew nothing else, so that an upgrade changes no row."""
    exact = {"to_state": Decimal(str(update.to_state)), "start_flow": None if update.start_flow else False}
    return update._asdict() | exact
