"""The dlt pipeline, and how packages go through it."""

import logging
import shutil
from pathlib import Path

import dlt

from pipelines.servicetitan.batches import BatchQueue
from pipelines.servicetitan.load.destination import warehouse
from pipelines.servicetitan.load.source import servicetitan
from pipelines.servicetitan.raw_tables import DATASET
from pipelines.settings import Settings


def working_folder(settings: Settings) -> Path:
    return settings.data_dir / "dlt" / DATASET


def open_pipeline(settings: Settings) -> dlt.Pipeline:
    """With an empty folder dlt takes state and schema from the warehouse, where they moved in one commit with the rows.

    What a cut-off sync left in the working folder is read again, not loaded: so a package that cannot be loaded
    blocks nothing, and a warehouse put back from a backup goes on where the backup ends.
    """
    folder = working_folder(settings)
    shutil.rmtree(folder, ignore_errors=True)
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    dlt.config["runtime.dlthub_telemetry"] = False
    pipeline = dlt.pipeline(
        DATASET,
        pipelines_dir=str(folder.parent),
        destination=warehouse(settings.warehouse),
        dataset_name=DATASET,
    )
    logging.getLogger("dlt").setLevel(logging.CRITICAL)  # what it logs with a traceback, it raises too
    return pipeline


def load_packages(settings: Settings, batches: BatchQueue, create: bool = False) -> list[str]:
    """Package after package as the batches arrive, each with its load id; ``create`` makes the tables first."""
    load_ids: list[str] = []
    pipeline = open_pipeline(settings)
    while batches.begin_package() or create:
        source = servicetitan(batches, working_folder(settings) / "arrivals", create)
        load_ids += pipeline.run(source, loader_file_format="parquet").loads_ids
        create = False
    return load_ids
