"""Extract and load: everything that changed in ServiceTitan, into the raw tables of the warehouse."""

import logging
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import dlt
import duckdb
import pyarrow as pa

from pipelines.servicetitan.budget import Budget
from pipelines.servicetitan.connection import Connection, http_client
from pipelines.servicetitan.inflow import Batch, Inflow
from pipelines.servicetitan.operations import asides
from pipelines.servicetitan.patience import Patience
from pipelines.servicetitan.reading import Clock, Reading, StreamSync
from pipelines.servicetitan.source import NAME, bookmarks, servicetitan
from pipelines.servicetitan.tables import RAW_TABLES, TENANT_SYNCS
from pipelines.servicetitan.warehouse import Warehouse
from pipelines.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadResult:
    """What one sync brought. ``changed_rows`` and ``stored_rows`` are per raw table, ``tenant_syncs`` left out."""

    sync_id: str
    streams: tuple[StreamSync, ...]
    load_ids: tuple[str, ...]
    changed_rows: dict[str, int] = field(default_factory=dict)
    stored_rows: dict[str, int] = field(default_factory=dict)

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

    A tenant or stream that fails is told in the result and in ``tenant_syncs``; the others are loaded.
    """
    chosen = [settings.tenant(name) for name in tenants] if tenants else list(settings.tenants)
    patience = patience or Patience()
    pipeline = open_pipeline(settings)
    known = bookmarks(pipeline.state)
    inflow = Inflow()
    with http_client(patience) as http:
        budget = Budget(settings.data_dir / "budget.sqlite")
        reading = Reading(
            connections=[Connection(settings, tenant, http, budget, patience) for tenant in chosen],
            bookmarks=known,
            inflow=inflow,
            mode=settings.servicetitan_sync_mode,
            clock=clock,
            on_page=on_progress or (lambda _: None),
            asides=asides(settings, known),
        )
        with reading.under_way():
            load_ids = load_packages(pipeline, inflow)
    sync_id = uuid.uuid4().hex
    load_ids += load_packages(pipeline, record(sync_id, reading.syncs))
    return summary(settings, sync_id, reading.syncs, load_ids)


def open_pipeline(settings: Settings) -> dlt.Pipeline:
    """Bookmarks and schema come from the warehouse alone, where they moved in one commit with their rows.

    What a cut-off sync left in the working folder is read again, not loaded: so a package that cannot be loaded
    blocks nothing, and a warehouse put back from a backup goes on where the backup ends.
    """
    folder = settings.data_dir / "dlt"
    shutil.rmtree(folder / NAME, ignore_errors=True)
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    for name, value in CONFIGURATION.items():
        dlt.config[name] = value
    logging.getLogger("dlt").setLevel(logging.ERROR)  # it warns of each JSON column that arrives as text
    pipeline = dlt.pipeline(
        NAME,
        pipelines_dir=str(folder),
        destination=Warehouse(settings.warehouse),
        dataset_name=NAME,
    )
    pipeline.sync_destination()
    return pipeline


def load_packages(pipeline: dlt.Pipeline, inflow: Inflow) -> list[str]:
    """Package after package, as the pages arrive; the first ever creates all tables."""
    load_ids: list[str] = []
    while inflow.begin_package() or lacks_tables(pipeline):
        info = pipeline.run(servicetitan(inflow, create=lacks_tables(pipeline)), loader_file_format="parquet")
        load_ids += info.loads_ids
    return load_ids


def lacks_tables(pipeline: dlt.Pipeline) -> bool:
    if not pipeline.default_schema_name:
        return True
    return not {table.name for table in RAW_TABLES} <= set(pipeline.default_schema.tables)


def record(sync_id: str, syncs: Sequence[StreamSync]) -> Inflow:
    """The rows of ``tenant_syncs``: a package of their own, after all others are committed."""
    rows = [{name: getattr(sync, name, sync_id) for name in TENANT_SYNCS.columns} for sync in syncs]
    inflow = Inflow()
    inflow.put(Batch(TENANT_SYNCS.name, pa.Table.from_pylist(rows, TENANT_SYNCS.schema)))
    inflow.finish()
    return inflow


def summary(settings: Settings, sync_id: str, syncs: Sequence[StreamSync], load_ids: Sequence[str]) -> LoadResult:
    with duckdb.connect(str(settings.warehouse)) as warehouse:
        counts = {
            table.name: (
                warehouse.execute(
                    f"select count(*) from {NAME}.{table.name} where list_contains(?, _dlt_load_id)", [load_ids]
                ).fetchall(),
                warehouse.execute(f"select count(*) from {NAME}.{table.name}").fetchall(),
            )
            for table in RAW_TABLES
            if table is not TENANT_SYNCS
        }
    return LoadResult(
        sync_id,
        tuple(syncs),
        tuple(load_ids),
        changed_rows={table: count[0][0][0] for table, count in counts.items()},
        stored_rows={table: count[1][0][0] for table, count in counts.items()},
    )


CONFIGURATION = {
    "normalize.parquet_normalizer.add_dlt_load_id": True,
    "data_writer.compression": "none",  # the files live for seconds
    "runtime.dlthub_telemetry": False,
}
