"""The analysts' copy: all marts in one DuckDB file, put in place at once."""

import os
from pathlib import Path

import duckdb


def publish(warehouse: Path, analytics: Path) -> dict[str, int]:
    """Rows per table of the new copy. Who has the old file open keeps it whole."""
    fresh = analytics.with_name(f"{analytics.name}.{os.getpid()}.tmp")
    analytics.parent.mkdir(parents=True, exist_ok=True)
    try:
        rows = _copy_marts(warehouse, fresh)
        _sync_to_disk(fresh)
        fresh.replace(analytics)
        _sync_to_disk(analytics.parent)
    finally:
        fresh.unlink(missing_ok=True)
    return rows


def _copy_marts(warehouse: Path, fresh: Path) -> dict[str, int]:
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"attach '{_quoted(warehouse)}' as warehouse (read_only)")
        con.execute(f"attach '{_quoted(fresh)}' as analytics")
        con.execute("create schema analytics.marts")
        tables = con.execute(
            "select table_name from information_schema.tables"
            " where table_catalog = 'warehouse' and table_schema = 'marts' order by table_name"
        ).fetchall()
        rows = {table: _copy(con, table) for (table,) in tables}
        con.execute("detach analytics")
    return rows


def _copy(con: duckdb.DuckDBPyConnection, table: str) -> int:
    copied = con.execute(f'create table analytics.marts."{table}" as from warehouse.marts."{table}"').fetchone()
    return int(copied[0]) if copied else 0


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _sync_to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
