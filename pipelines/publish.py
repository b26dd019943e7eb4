"""The analysts' copy: all marts in one DuckDB file, put in place at once."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

Tables = Mapping[str, pa.RecordBatchReader]


def derived_at(warehouse: Path) -> str:
    """The clock of the derivation that the marts are of."""
    with duckdb.connect(warehouse, read_only=True) as con:
        return str(con.execute("select epoch_us(max(as_of)) from intermediate.int_derivations__ended").fetchall()[0][0])


def published_as_of(analytics: Path) -> datetime:
    """The clock of the derivation that the copy is of, in UTC; its version begins with it."""
    with duckdb.connect(analytics, read_only=True) as con:
        version = str(con.execute("select version from main.publication").fetchall()[0][0])
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(version.split()[0]))


def is_published(analytics: Path, version: str) -> bool:
    if not analytics.exists():
        return False
    try:
        with duckdb.connect(analytics, read_only=True) as con:
            return con.execute("select version from main.publication").fetchall() == [(version,)]
    except duckdb.Error:  # of another release, damaged, or held by somebody who opened it to write
        return False


def publish(warehouse: Path, analytics: Path, version: str, besides: Tables | None = None) -> dict[str, int]:
    """Rows per table of the new copy: the marts, and what is put ``besides`` them, in the same schema.

    ``version`` names what is copied, for `is_published`. Who has the old file open keeps it whole.
    """
    fresh = analytics.with_name(f"{analytics.name}.{os.getpid()}.tmp")
    analytics.parent.mkdir(parents=True, exist_ok=True)
    try:
        rows = _copy(warehouse, fresh, version, besides or {})
        _sync_to_disk(fresh)
        fresh.replace(analytics)
        _sync_to_disk(analytics.parent)
    finally:
        fresh.unlink(missing_ok=True)
    return rows


def _copy(warehouse: Path, fresh: Path, version: str, besides: Tables) -> dict[str, int]:
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"attach '{_quoted(warehouse)}' as warehouse (read_only)")
        con.execute(f"attach '{_quoted(fresh)}' as analytics")
        con.execute("create schema analytics.marts")
        marts = con.execute(
            "select table_name from information_schema.tables"
            " where table_catalog = 'warehouse' and table_schema = 'marts' order by table_name"
        ).fetchall()
        rows = {mart: _create(con, mart, f'warehouse.marts."{mart}"') for (mart,) in marts}
        for name, reader in besides.items():
            con.register("besides", reader)
            rows[name] = _create(con, name, "besides")
        con.execute("create table analytics.main.publication as select $version as version", {"version": version})
        con.execute("detach analytics")
    return rows


def _create(con: duckdb.DuckDBPyConnection, table: str, source: str) -> int:
    copied = con.execute(f'create table analytics.marts."{table}" as from {source}').fetchone()
    return int(copied[0]) if copied else 0


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _sync_to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
