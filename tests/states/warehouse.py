"""A warehouse whose raw tables a test fills by hand, as the load would."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from pipelines.derivation.derive import Derivation, derive
from pipelines.servicetitan.load.merge import Merge
from pipelines.servicetitan.raw_tables import RAW_TABLES, TABLE

DUCKDB_TYPES = {
    "bigint": "BIGINT",
    "bool": "BOOLEAN",
    "text": "VARCHAR",
    "timestamp": "TIMESTAMPTZ",
    "decimal": "DECIMAL({}, {})",
    "json": "JSON",
}
KEYS = {table.name: table.key for table in RAW_TABLES}
COLUMNS = {
    table.name: {
        name: DUCKDB_TYPES[kind].format(*table.precision.get(name, (38, 9))) for name, kind in table.columns.items()
    }
    for table in RAW_TABLES
}


class Warehouse:
    """A file of before gets the tables and columns that have come since, as with a load."""

    def __init__(self, path: Path, work_dir: Path) -> None:
        self.path = path
        self.work_dir = work_dir
        self._loads = 0
        with self._open() as con:
            con.execute("create schema if not exists servicetitan")
            for table, columns in COLUMNS.items():
                declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
                con.execute(f"create table if not exists servicetitan.{table} ({declared}, _dlt_load_id VARCHAR)")
                for name, kind in columns.items():
                    con.execute(f'alter table servicetitan.{table} add column if not exists "{name}" {kind}')
            con.execute("create table if not exists servicetitan._dlt_loads (load_id VARCHAR)")

    def load(self, rows: Mapping[str, Iterable[Mapping[str, Any]] | pa.Table]) -> None:
        """Merges the rows, table by table, in one load."""
        self._loads += 1
        load_id = f"{1_790_000_000 + self._loads}.0"
        with self._open() as con:
            for table, each in rows.items():
                self._merge(con, table, each if isinstance(each, pa.Table) else as_table(list(each)), load_id)
            con.execute("insert into servicetitan._dlt_loads values (?)", [load_id])

    def derive(self, as_of: datetime, *, tests: bool = False, rules_dir: Path | None = None) -> Derivation:
        return derive(self.path, as_of, work_dir=self.work_dir, rules_dir=rules_dir, tests=tests)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self._open() as con:
            return con.execute(sql).fetchall()

    def copied(self, folder: Path) -> "Warehouse":
        """The same rows in a folder of their own, under the same name: dbt's manifest has it."""
        folder.mkdir(exist_ok=True)
        other = copy(self)
        other.path = folder / self.path.name
        shutil.copy(self.path, other.path)
        return other

    def execute(self, sql: str) -> None:
        with self._open() as con:
            con.execute(sql)

    def _merge(self, con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table, load_id: str) -> None:
        if not rows.num_rows:
            return
        con.register("incoming", rows)
        typed = ", ".join(_typed(name, kind, name in rows.column_names) for name, kind in COLUMNS[table].items())
        arrived = self.path.with_name("arrived.parquet")
        con.execute(f"copy (select {typed} from incoming) to '{arrived}' (format parquet)")
        con.unregister("incoming")
        con.begin()
        Merge(
            TABLE[table],
            target=f"servicetitan.{table}",
            loads="servicetitan._dlt_loads",
            changes="servicetitan.changes",
            path=str(arrived),
            load_id=load_id,
        ).run(con)
        con.commit()

    def _open(self) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect(self.path)
        con.execute("set TimeZone = 'UTC'")
        return con


DerivedIn = Callable[[Path], Warehouse]  # makes one in a folder


def as_table(rows: list[Mapping[str, Any]]) -> pa.Table:
    names = {name for row in rows for name in row}
    return pa.table({name: [_plain(row.get(name)) for row in rows] for name in names})


def _typed(name: str, kind: str, is_there: bool) -> str:
    column = f'"{name}"'
    return f"cast({column if is_there else 'null'} as {kind}) as {column}"


def _plain(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else value
