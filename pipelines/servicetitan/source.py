"""The dlt source: one resource per raw table, fed by an inflow of pages."""

from collections.abc import Iterator
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract import DltResource, DltSource

from pipelines.servicetitan.inflow import Inflow
from pipelines.servicetitan.tables import DATASET, RAW_TABLES, RawTable


def servicetitan(inflow: Inflow, create: bool = False) -> DltSource:
    """Needs neither network nor settings. ``create`` makes the tables that stay empty, too."""

    @dlt.source(name=DATASET, section=DATASET)
    def source() -> Iterator[DltResource]:
        for table in RAW_TABLES:
            yield resource(table, inflow, create)

    return source()


def resource(table: RawTable, inflow: Inflow, create: bool) -> DltResource:
    def rows() -> Iterator[pa.Table | None]:
        if create:
            yield table.schema.empty_table()
        bookmarks: dict[str, dict[str, str]] = dlt.current.resource_state()
        while not inflow.package_ends(table.name):
            batch = inflow.take(table.name)
            if batch and batch.bookmark is not None:
                bookmarks[batch.owner] = {**bookmarks.get(batch.owner, {}), **batch.bookmark}
            yield batch.rows if batch and batch.rows.num_rows else None

    return dlt.resource(
        rows,
        name=table.name,
        columns=column_hints(table),
        primary_key=list(table.key),
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        max_table_nesting=0,
    )


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
    return {**hints, "_dlt_load_id": {"data_type": "text"}}
