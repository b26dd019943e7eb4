"""The dlt source: one resource per raw table, fed by a queue of batches.

A resource writes what it takes to one Parquet file and hands dlt the file: as tables, dlt would look at each batch's
schema anew, which costs as much as half of the reading.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import dlt
import pyarrow as pa
import pyarrow.parquet as pq
from dlt.extract import DltResource, DltSource
from dlt.extract.items import DataItemWithMeta

from pipelines.servicetitan.batches import BatchQueue
from pipelines.servicetitan.raw_tables import DATASET, RAW_TABLES, RawTable


def servicetitan(batches: BatchQueue, folder: Path, create: bool = False) -> DltSource:
    """Needs neither network nor settings to be built; files go below ``folder`` when it runs. ``create`` makes the
    tables that stay empty, too."""

    @dlt.source(name=DATASET, section=DATASET)
    def source() -> Iterator[DltResource]:
        for table in RAW_TABLES:
            yield resource(table, batches, folder, create)

    return source()


def resource(table: RawTable, batches: BatchQueue, folder: Path, create: bool) -> DltResource:
    def rows() -> Iterator[DataItemWithMeta | None]:
        bookmarks: dict[str, dict[str, str]] = dlt.current.resource_state()
        with Package(table, folder / f"{table.name}-{uuid4().hex}.parquet") as arrival:
            if create:
                arrival.write(table.schema.empty_table())
            while not batches.package_ends(table.name):
                batch = batches.take(table.name)
                if batch and batch.rows.num_rows:
                    arrival.write(batch.rows)
                if batch and batch.bookmark is not None:
                    bookmarks[batch.owner] = {**bookmarks.get(batch.owner, {}), **batch.bookmark}
                yield None
        if arrival.path.exists():
            yield dlt.mark.with_file_import(str(arrival.path), "parquet", arrival.rows)

    return dlt.resource(
        rows,
        name=table.name,
        columns=column_hints(table),
        primary_key=list(table.key),
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        max_table_nesting=0,
    )


class Package:
    """The rows of one table in one package, in the order in which they came, in a Parquet file."""

    def __init__(self, table: RawTable, path: Path) -> None:
        self.path, self.rows = path, 0
        self._table = table
        self._writer: pq.ParquetWriter | None = None

    def write(self, rows: pa.Table) -> None:
        if not self._writer:
            plain = [name for name, kind in self._table.columns.items() if kind == "text"]
            self._writer = pq.ParquetWriter(
                self.path, self._table.schema, compression="none", use_dictionary=plain, write_statistics=False
            )
        self._writer.write_table(rows)
        self.rows += rows.num_rows

    def __enter__(self) -> "Package":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer:
            self._writer.close()


def column_hints(table: RawTable) -> Any:
    """Only the key is not null: ServiceTitan sends null where its documents say required."""
    hints: dict[str, dict[str, Any]] = {
        name: {"data_type": kind, "nullable": name not in table.key} for name, kind in table.columns.items()
    }
    for name, kind in table.columns.items():
        if kind == "decimal":
            hints[name]["precision"], hints[name]["scale"] = table.precision.get(name, (38, 9))
    if table.newest_by:
        hints[table.newest_by]["dedup_sort"] = "desc"
    return {**hints, "_dlt_load_id": {"data_type": "text", "nullable": False}}
