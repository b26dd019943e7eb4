"""The dlt pipeline: what it remembers, and how packages go through it."""

import logging
import shutil
from typing import Any

import dlt

from pipelines.servicetitan.inflow import Inflow
from pipelines.servicetitan.pages import Bookmarks
from pipelines.servicetitan.source import NAME, servicetitan
from pipelines.servicetitan.tables import RAW_TABLES
from pipelines.servicetitan.warehouse import Warehouse
from pipelines.settings import Settings

CONFIGURATION = {
    "normalize.parquet_normalizer.add_dlt_load_id": True,
    "data_writer.compression": "none",  # the files live for seconds
    "runtime.dlthub_telemetry": False,
}


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


def bookmarks(pipeline: dlt.Pipeline) -> Bookmarks:
    state: Any = pipeline.state
    resources: Bookmarks = state.get("sources", {}).get(NAME, {}).get("resources", {})
    return resources


def load_packages(pipeline: dlt.Pipeline, inflow: Inflow) -> list[str]:
    """Package after package as the batches arrive, each with its load id; the first ever creates all tables."""
    load_ids: list[str] = []
    while inflow.begin_package() or lacks_tables(pipeline):
        source = servicetitan(inflow, create=lacks_tables(pipeline))
        load_ids += pipeline.run(source, loader_file_format="parquet").loads_ids
    return load_ids


def lacks_tables(pipeline: dlt.Pipeline) -> bool:
    known: set[str] = set(pipeline.default_schema.tables) if pipeline.default_schema_name else set()
    return not {table.name for table in RAW_TABLES} <= known
