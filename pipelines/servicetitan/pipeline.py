"""The dlt pipeline, and how packages go through it."""

import logging
import shutil

import dlt

from pipelines.servicetitan.inflow import Inflow
from pipelines.servicetitan.source import servicetitan
from pipelines.servicetitan.tables import DATASET
from pipelines.servicetitan.warehouse import warehouse
from pipelines.settings import Settings

CONFIGURATION = {
    "normalize.parquet_normalizer.add_dlt_load_id": True,
    "data_writer.compression": "none",  # the files live for seconds
    "runtime.dlthub_telemetry": False,
}


def open_pipeline(settings: Settings) -> dlt.Pipeline:
    """With an empty folder dlt takes state and schema from the warehouse, where they moved in one commit with the rows.

    What a cut-off sync left in the working folder is read again, not loaded: so a package that cannot be loaded
    blocks nothing, and a warehouse put back from a backup goes on where the backup ends.
    """
    folder = settings.data_dir / "dlt"
    shutil.rmtree(folder / DATASET, ignore_errors=True)
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    for name, value in CONFIGURATION.items():
        dlt.config[name] = value
    logging.getLogger("dlt").setLevel(logging.ERROR)  # it warns of each JSON column that arrives as text
    return dlt.pipeline(
        DATASET,
        pipelines_dir=str(folder),
        destination=warehouse(settings.warehouse),
        dataset_name=DATASET,
    )


def load_packages(settings: Settings, inflow: Inflow, create: bool = False) -> list[str]:
    """Package after package as the batches arrive, each with its load id; ``create`` makes the tables first."""
    load_ids: list[str] = []
    pipeline = open_pipeline(settings)
    while inflow.begin_package() or create:
        source = servicetitan(inflow, create)
        load_ids += pipeline.run(source, loader_file_format="parquet").loads_ids
        create = False
    return load_ids
