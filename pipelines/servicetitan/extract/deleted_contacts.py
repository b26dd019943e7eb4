"""Contacts that ServiceTitan has deleted: no export tells of them, so once a day all are compared.

A contact of ours that neither the list of all contacts nor that of its own customer holds any more is gone; its row
becomes inactive. One that cannot be read is there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pyarrow as pa

from pipelines.servicetitan.api.client import Client
from pipelines.servicetitan.api.errors import ServiceTitanError
from pipelines.servicetitan.batches import Batch
from pipelines.servicetitan.extract.arrow import to_table
from pipelines.servicetitan.extract.lists import BEGINNING, PAGE_SIZE, decode
from pipelines.servicetitan.extract.rejects import RejectedRecord
from pipelines.servicetitan.pages import Bookmark, Bookmarks
from pipelines.servicetitan.progress import StreamSync
from pipelines.servicetitan.raw_tables import TABLE
from pipelines.servicetitan.streams import STREAM, snake_case
from pipelines.settings import Tenant
from pipelines.warehouse import open_warehouse

RECONCILE_INTERVAL = timedelta(days=1)
IDS_BATCH = 50  # the most that ServiceTitan's filters by id take

CONTACTS = STREAM["customer_contacts"]
ROWS = TABLE[CONTACTS.name]
KEY_FIELDS = {snake_case(name): name for name in CONTACTS.fields if snake_case(name) in CONTACTS.key}
KEYS = pa.schema([ROWS.schema.field(name) for name in KEY_FIELDS])

MISSING = f"""
select * replace (false as active) from servicetitan.{ROWS.name} as stored
where tenant_id = ? and active is distinct from false
and not exists (from present where present.customer_id = stored.customer_id and present.id = stored.id)
"""


@dataclass(frozen=True)
class Reconciliation:
    """For the tenants whose turn it is; one that fails is a warning, and is tried again with the next sync."""

    warehouse: Path
    known: Bookmarks
    syncs: Sequence[StreamSync]
    now: datetime
    forced: bool

    def batches(self, connections: Iterable[Client]) -> Iterator[Batch]:
        for connection in connections:
            sync = next(s for s in self.syncs if (s.tenant_id, s.stream) == (connection.tenant.id, CONTACTS.name))
            if not sync.complete or not (self.forced or self._is_due(sync.tenant_id)):
                continue
            try:
                gone = gone_contacts(connection, self.warehouse)
            except ServiceTitanError as error:
                sync.warnings.append(f"the contacts could not be compared: {error}")
            else:
                yield compared(sync.tenant_id, self.now, gone, keep=True)

    def _is_due(self, tenant_id: int) -> bool:
        last = bookmark_of(self.known, tenant_id).get("compared")
        return last is not None and self.now - datetime.fromisoformat(last) >= RECONCILE_INTERVAL


def first_comparisons(tenants: Iterable[Tenant], known: Bookmarks, now: datetime) -> Iterator[Batch]:
    """The first load of all contacts counts as one."""
    for tenant in tenants:
        if "compared" not in bookmark_of(known, tenant.id):
            yield compared(tenant.id, now, ROWS.schema.empty_table())


def compared(tenant_id: int, now: datetime, gone: pa.Table, keep: bool = False) -> Batch:
    return Batch(CONTACTS.name, gone, str(tenant_id), {"compared": now.isoformat()}, keep=keep)


def bookmark_of(known: Bookmarks, tenant_id: int) -> Bookmark:
    return known.get(CONTACTS.name, {}).get(str(tenant_id), {})


def gone_contacts(connection: Client, warehouse: Path) -> pa.Table:
    """The stored rows of what is gone, turned inactive. Raises `ServiceTitanError`."""
    missing = without(warehouse, connection.tenant.id, keys(connection, {"modifiedOnOrAfter": BEGINNING}))
    customers = missing["customer_id"].unique().to_pylist()
    for start in range(0, len(customers), IDS_BATCH):
        some = ",".join(map(str, customers[start : start + IDS_BATCH]))
        missing = missing.join(keys(connection, {"customerIds": some}), list(CONTACTS.key), join_type="left anti")
    return pa.table([missing[field.name].cast(field.type) for field in ROWS.schema], schema=ROWS.schema)


def keys(connection: Client, filters: dict[str, str]) -> pa.Table:
    """Of every contact that the list holds, those too that are set aside."""
    return pa.concat_tables(pages(connection, filters))


def pages(connection: Client, filters: dict[str, str]) -> Iterator[pa.Table]:
    for number in count(1):
        params = {**filters, "page": str(number), "pageSize": str(PAGE_SIZE)}
        page = connection.read(CONTACTS.module, CONTACTS.path, params, decode, CONTACTS.scope, whole=True)
        rows, rejected = to_table(CONTACTS, connection.tenant.id, page.data)
        yield rows.select(KEYS.names)
        yield pa.Table.from_pylist(list(rejected_keys(rejected, last_word="customerIds" in filters)), KEYS)
        if not page.has_more:
            return


def rejected_keys(rejected: Iterable[RejectedRecord], last_word: bool) -> Iterator[dict[str, int]]:
    """One that shows no key may be any contact of ours: as the last word on them that raises `ServiceTitanError`."""
    for one in rejected:
        try:
            yield {column: int(one.value_of(name) or "") for column, name in KEY_FIELDS.items()}
        except ValueError:
            if last_word:
                raise ServiceTitanError(f"one of them shows no id ({one.reason})") from None


def without(warehouse: Path, tenant_id: int, present: pa.Table) -> pa.Table:
    """The tenant's stored contacts that are not among those present, turned inactive."""
    with open_warehouse(warehouse, read_only=True) as stored:
        stored.register("present", present)
        missing: pa.Table = stored.execute(MISSING, [tenant_id]).to_arrow_table()
    return missing
