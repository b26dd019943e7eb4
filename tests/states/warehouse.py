"""A warehouse whose raw tables a test fills by hand, as the load would."""

import shutil
from collections.abc import Iterable, Mapping
from copy import copy
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from pipelines.derivation.derive import Derivation, derive
from pipelines.servicetitan.streams import STREAMS

DUCKDB_TYPES = {
    "bigint": "BIGINT",
    "bool": "BOOLEAN",
    "text": "VARCHAR",
    "timestamp": "TIMESTAMPTZ",
    "decimal": "DECIMAL(38, 9)",
    "json": "JSON",
}
KEYS = {stream.name: tuple(stream.primary_key) for stream in STREAMS} | {
    "tenants": ("tenant_id",),
    "state_updates": ("tenant_id", "id"),
    "contact_links": ("tenant_id", "customer_id"),
    "tenant_syncs": ("tenant_id", "sync_id", "stream"),
}
COLUMNS = {
    stream.name: {"tenant_id": "BIGINT"}
    | {name: DUCKDB_TYPES[kind] for name, kind in stream.columns.items()}
    | {"record": "JSON"}
    for stream in STREAMS
} | {
    "tenants": {"tenant_id": "BIGINT", "tenant_name": "VARCHAR", "workspace_id": "VARCHAR", "timezone": "VARCHAR"},
    "tenant_syncs": {
        **{"sync_id": "VARCHAR", "tenant_id": "BIGINT", "tenant_name": "VARCHAR", "stream": "VARCHAR"},
        **{"started_at": "TIMESTAMPTZ", "ended_at": "TIMESTAMPTZ", "rows": "BIGINT", "pages": "BIGINT"},
        **{"complete": "BOOLEAN", "error": "VARCHAR"},
    },
    "state_updates": {
        **{"tenant_id": "BIGINT", "id": "VARCHAR", "customer_id": "BIGINT", "to_state": "DECIMAL(2, 1)"},
        **{"job_id": "BIGINT", "reason": "VARCHAR", "set_by": "VARCHAR", "set_at": "TIMESTAMPTZ"},
    },
    "contact_links": {
        **{"tenant_id": "BIGINT", "customer_id": "BIGINT", "contact_id": "VARCHAR", "linked_at": "TIMESTAMPTZ"},
    },
}


class Warehouse:
    def __init__(self, path: Path, work_dir: Path) -> None:
        self.path = path
        self.work_dir = work_dir
        self._loads = 0
        with self._open() as con:
            con.execute("create schema servicetitan")
            for table, columns in COLUMNS.items():
                declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
                con.execute(f"create table servicetitan.{table} ({declared}, _dlt_load_id VARCHAR)")

    def load(self, rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
        """Merges the rows, table by table, in one load."""
        self._loads += 1
        with self._open() as con:
            for table, each in rows.items():
                self._merge(con, table, list(each))

    def derive(self, as_of: datetime, *, tests: bool = False) -> Derivation:
        return derive(self.path, as_of, work_dir=self.work_dir, tests=tests)

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

    def _merge(self, con: duckdb.DuckDBPyConnection, table: str, rows: list[Mapping[str, Any]]) -> None:
        if not rows:
            return
        columns = sorted({name for row in rows for name in row})
        incoming = pa.table({name: [_plain(row.get(name)) for row in rows] for name in columns})
        same = " and ".join(f"stored.{key} = incoming.{key}" for key in KEYS[table])
        names = ", ".join(f'"{name}"' for name in columns)
        typed = ", ".join(f'cast("{name}" as {COLUMNS[table][name]})' for name in columns)
        con.register("incoming", incoming)
        con.execute(f"delete from servicetitan.{table} as stored using incoming where {same}")
        con.execute(
            f"insert into servicetitan.{table} ({names}, _dlt_load_id) select {typed}, ? from incoming",
            [f"{1_790_000_000 + self._loads}.0"],
        )
        con.unregister("incoming")

    def _open(self) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect(self.path)
        con.execute("set TimeZone = 'UTC'")
        return con


def _plain(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else value
