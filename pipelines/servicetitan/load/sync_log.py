"""What the warehouse says of the syncs before this one, and what is written down of this one.

dlt takes more than a second to import and to start. A sync that finds nothing new never touches it: bookmarks are
read out of dlt's own state table, and the rows of ``tenant_syncs`` are inserted here.
"""

import base64
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.servicetitan.pages import Bookmarks
from pipelines.servicetitan.progress import StreamSync
from pipelines.servicetitan.raw_tables import CHANGES, DATASET, RAW_TABLES, TENANT_SYNCS
from pipelines.settings import ConfigurationError
from pipelines.warehouse import open_warehouse

STATE = f"""
select state from {DATASET}._dlt_pipeline_state as state
join {DATASET}._dlt_loads as loads on loads.load_id = state._dlt_load_id
where pipeline_name = '{DATASET}' and loads.status = 0 order by loads.load_id desc limit 1
"""
COLUMNS = f"""
select table_name, column_name from information_schema.columns where table_schema = '{DATASET}'
"""


@dataclass(frozen=True)
class SyncState:
    """``complete``: all raw tables are there, with all columns. Bookmarks are those of the newest load that ended."""

    bookmarks: Bookmarks = field(default_factory=dict)
    complete: bool = False


def read_bookmarks(warehouse: Path) -> SyncState:
    if not warehouse.exists():
        return SyncState()
    with open_warehouse(warehouse, read_only=True) as connection:
        columns = set(connection.execute(COLUMNS).fetchall())
        tables = {table for table, _ in columns}
        if not tables:
            refuse_what_is_not_ours(connection, warehouse)
        if not {"_dlt_pipeline_state", "_dlt_loads"} <= tables:
            return SyncState()
        states = connection.execute(STATE).fetchall()
    bookmarks = decoded(states[0][0]) if states else {}
    declared = {(table.name, column) for table in RAW_TABLES for column in table.columns}
    return SyncState(bookmarks, complete=declared <= columns)


def refuse_what_is_not_ours(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    """Called where no raw table is there; raises `ConfigurationError`."""
    others = connection.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
    if others:
        raise ConfigurationError(
            f"WAREHOUSE_PATH: found {warehouse}, which holds tables of something else (such as {others[0][0]});"
            " expected a file of its own, or none"
        )


def decoded(state: str) -> Bookmarks:
    """dlt keeps its state as JSON, compressed, in base64; each resource has a part of it."""
    source = json.loads(zlib.decompress(base64.b64decode(state))).get("sources", {}).get(DATASET, {})
    bookmarks: Bookmarks = source.get("resources", {})
    return bookmarks


def forget_tenants(connection: duckdb.DuckDBPyConnection, forgotten: Callable[[int], bool]) -> None:
    """How far these were read: should they come back, they are read from their beginning. So is what is of all."""
    found = connection.execute(STATE.replace("select state", "select state, state._dlt_load_id")).fetchone()
    if not found:
        return
    whole = json.loads(zlib.decompress(base64.b64decode(found[0])))
    for bookmarks in whole.get("sources", {}).get(DATASET, {}).get("resources", {}).values():
        for owner in [owner for owner in bookmarks if not owner.isdigit() or forgotten(int(owner))]:
            del bookmarks[owner]
    state = base64.b64encode(zlib.compress(json.dumps(whole).encode(), 9)).decode("ascii")
    query = f"update {DATASET}._dlt_pipeline_state set state = ? where _dlt_load_id = ? and pipeline_name = '{DATASET}'"
    connection.execute(query, [state, found[1]])


@dataclass(frozen=True)
class Counts:
    """Rows per raw table."""

    changed: dict[str, int]
    stored: dict[str, int]


def record_sync(warehouse: Path, sync_id: str, syncs: Sequence[StreamSync], load_ids: Sequence[str]) -> Counts:
    """After all packages are committed: how the streams fared, and what changed.

    The rows name the last load of the sync, or, where it found nothing, the last one before it. They are kept for
    90 days: by then a tenant's baseline, which a complete sync of it establishes, stands in the marts.
    """
    columns = [{name: getattr(sync, name, sync_id) for name in TENANT_SYNCS.columns} for sync in syncs]
    rows = pa.Table.from_pylist(columns, TENANT_SYNCS.schema)
    last_load = f"(select max(load_id) from {DATASET}._dlt_loads)"
    with open_warehouse(warehouse) as connection:
        connection.register("rows", rows)
        connection.execute(
            f"insert into {DATASET}.tenant_syncs by name select *, {last_load} as _dlt_load_id from rows"
        )
        connection.execute(
            f"delete from {DATASET}.tenant_syncs where ended_at < (select min(started_at) from rows) - interval 90 day"
        )
        return counted(connection, load_ids)


def counted(connection: duckdb.DuckDBPyConnection, load_ids: Sequence[str]) -> Counts:
    def count(table: str, condition: str) -> int:
        query = f"select count(*) from {DATASET}.{table} where {condition}"
        return int(connection.execute(query).fetchall()[0][0])

    names = [table.name for table in RAW_TABLES if table is not TENANT_SYNCS]
    loaded = f"_dlt_load_id in ({', '.join(map(repr, load_ids))})" if load_ids else "false"
    changed = {name: count(name, loaded) for name in names if name != CHANGES.name}  # which tells of the others
    return Counts(changed, {name: count(name, "true") for name in names})
