"""Extract and load: everything that changed in ServiceTitan, into the raw tables of the warehouse."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import duckdb
import pyarrow as pa

from pipelines.servicetitan.budget import Budget
from pipelines.servicetitan.connection import Connection, http_client
from pipelines.servicetitan.contacts import Comparisons, first_comparisons
from pipelines.servicetitan.inflow import Batch, Inflow
from pipelines.servicetitan.operations import asides
from pipelines.servicetitan.patience import Patience
from pipelines.servicetitan.pipeline import bookmarks, load_packages, open_pipeline
from pipelines.servicetitan.progress import Progress, StreamSync
from pipelines.servicetitan.reading import Clock, Reading
from pipelines.servicetitan.source import NAME
from pipelines.servicetitan.tables import RAW_TABLES, TENANT_SYNCS
from pipelines.settings import Settings


@dataclass(frozen=True)
class LoadResult:
    """What one sync brought; rows are counted per raw table, ``tenant_syncs`` left out."""

    sync_id: str
    streams: tuple[StreamSync, ...]
    load_ids: tuple[str, ...]
    changed_rows: dict[str, int]
    stored_rows: dict[str, int]

    @property
    def changed(self) -> bool:
        return any(self.changed_rows.values())

    @property
    def complete(self) -> bool:
        return all(sync.complete for sync in self.streams)


def load(
    settings: Settings,
    *,
    tenants: Sequence[str] | None = None,
    clock: Clock,
    on_progress: Callable[[StreamSync], None] | None = None,
    reconcile: bool = False,
    patience: Patience | None = None,
) -> LoadResult:
    """Reads all streams of the tenants (default: all) and commits them; no connection stays open.

    A tenant or stream that fails is told in the result and in ``tenant_syncs``; the others are loaded. ``reconcile``
    compares the contacts now, not only once a day.
    """
    chosen = [settings.tenant(name) for name in tenants] if tenants else list(settings.tenants)
    patience, sync_id = patience or Patience(), uuid.uuid4().hex
    pipeline = open_pipeline(settings)
    known = bookmarks(pipeline)
    budget = Budget(settings.data_dir / "budget.sqlite")
    with http_client(patience) as http:
        connections = [Connection(settings, tenant, http, budget, patience) for tenant in chosen]
        reading = Reading(
            connections=connections,
            bookmarks=known,
            inflow=Inflow(),
            mode=settings.servicetitan_sync_mode,
            clock=clock,
            progress=Progress(on_progress),
            asides=chain(asides(settings, known), first_comparisons(chosen, known, clock())),
        )
        with reading.under_way():
            load_ids = load_packages(pipeline, reading.inflow)
        comparisons = Comparisons(settings.warehouse, known, reading.syncs, clock(), forced=reconcile)
        load_ids += load_packages(pipeline, Inflow.of(comparisons.batches(connections)))
    load_ids += load_packages(pipeline, Inflow.of([as_batch(sync_id, reading.syncs)]))
    return summary(settings, sync_id, reading.syncs, load_ids)


def as_batch(sync_id: str, syncs: Sequence[StreamSync]) -> Batch:
    """The rows of ``tenant_syncs``: a package of their own, when all others are committed."""
    rows = [{name: getattr(sync, name, sync_id) for name in TENANT_SYNCS.columns} for sync in syncs]
    return Batch(TENANT_SYNCS.name, pa.Table.from_pylist(rows, TENANT_SYNCS.schema))


def summary(settings: Settings, sync_id: str, syncs: Sequence[StreamSync], load_ids: Sequence[str]) -> LoadResult:
    tables = [table.name for table in RAW_TABLES if table is not TENANT_SYNCS]
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:

        def count(table: str, condition: str = "", *parameters: object) -> int:
            query = f"select count(*) from {NAME}.{table} {condition}"
            return int(warehouse.execute(query, parameters).fetchall()[0][0])

        return LoadResult(
            sync_id,
            tuple(syncs),
            tuple(load_ids),
            changed_rows={name: count(name, "where list_contains(?, _dlt_load_id)", load_ids) for name in tables},
            stored_rows={name: count(name) for name in tables},
        )
