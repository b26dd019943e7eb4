"""A shard's marts, from its analysts' copy into the lake: one transaction, whatever happens meanwhile."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.analytics.drafts import spare_of
from pipelines.analytics.lake.connection import LAKE, MAX_TRIES, is_conflict
from pipelines.analytics.lake.difference import KEYS, by_customer, differs, find_touched
from pipelines.analytics.lake.views import PUBLICATION, mend_views
from pipelines.warehouse import quoted

FEW = 2000  # customers that a statement names, so that only files and pieces of files that may have them are read
COLUMNS = """
    select table_name, column_name, data_type from duckdb_columns()
    where database_name = ? and schema_name = ? and table_name != ? order by table_name, column_index
"""
COPY = "select derivation_id, as_of, epoch_us(published_at), epoch_us(went_on_from) from {copy}.main.publication"
ROW = """
    select
        $1::varchar as shard,
        $2::varchar as derivation_id,
        $3::timestamptz as as_of,
        make_timestamptz($4::bigint) as copy_published_at,
        $5::timestamptz as published_at,
        $6::boolean as is_full
"""
COPIES = {"newest", "before"}
Tables = Mapping[str, Mapping[str, str]]  # column -> type, of each


@dataclass(frozen=True)
class Copy:
    """What an analysts' copy says of itself; moments of the file in microseconds."""

    derivation_id: str | None
    as_of: datetime | None
    published_at: int
    went_on_from: int | None


@dataclass(frozen=True)
class Published:
    """``rows``: written, by table; ``views``: made anew; ``tries``: more than one where shards appear at once."""

    is_full: bool
    rows: Mapping[str, int]
    views: int
    tries: int
    copy_published_at: int


def publish(con: duckdb.DuckDBPyConnection, schema: str, analytics: Path, now: datetime) -> Published:
    """Writes what has changed since the copy before the newest, where that is what the lake has; else everything.

    ``con`` uses the lake (`open_lake`). Raises DuckDB's errors; the lake then has what it had.
    """
    con.execute(f"attach {quoted(analytics)} as newest (read_only)")
    try:
        return _publish(con, schema, analytics, now)
    finally:
        for name in COPIES & _attached(con):
            con.execute(f"detach {name}")


def _publish(con: duckdb.DuckDBPyConnection, schema: str, analytics: Path, now: datetime) -> Published:
    copy = _copy(con, "newest")
    if _has(con, schema, copy.published_at):
        return Published(False, {}, _mend_views_alone(con), 0, copy.published_at)
    for tries in range(1, MAX_TRIES + 1):
        con.begin()
        try:
            is_full = not _goes_on(con, schema, analytics, copy)
            rows = _write_all(con, schema) if is_full else _write_changes(con, schema)
            _note(con, schema, copy, now, is_full=is_full)
            views = mend_views(con) if tries == 1 else 0
            con.commit()
            break
        except duckdb.Error as error:
            _roll_back(con)
            if not is_conflict(error) or tries == MAX_TRIES:
                raise
            time.sleep(random.uniform(0, 0.2 * tries))
    if tries > 1:
        views = _mend_views_alone(con)
    return Published(is_full, rows, views, tries, copy.published_at)


def _mend_views_alone(con: duckdb.DuckDBPyConnection) -> int:
    """In a short transaction: to write a shard's rows once more for them would take minutes, and meet the next one."""
    for tries in range(1, MAX_TRIES + 1):
        con.begin()
        try:
            views = mend_views(con)
            con.commit()
            return views
        except duckdb.Error as error:
            _roll_back(con)
            if not is_conflict(error):
                raise
            time.sleep(random.uniform(0, 0.2 * tries))
    return 0  # whoever commits next sees to them


def _roll_back(con: duckdb.DuckDBPyConnection) -> None:
    try:
        con.rollback()
    except duckdb.Error:
        return  # it ended with the error


def _copy(con: duckdb.DuckDBPyConnection, name: str) -> Copy:
    found = con.execute(COPY.format(copy=name)).fetchone()
    assert found
    return Copy(*found)


def _has(con: duckdb.DuckDBPyConnection, schema: str, published_at: int | None) -> bool:
    """Whether the lake has this copy, in the newest's columns."""
    if published_at is None or _columns(con, LAKE, schema) != _columns(con, "newest", "marts"):
        return False
    try:
        found = con.execute(f"select epoch_us(copy_published_at) from {schema}.{PUBLICATION}").fetchall()
    except duckdb.CatalogException:
        return False
    return found == [(published_at,)]


def _goes_on(con: duckdb.DuckDBPyConnection, schema: str, analytics: Path, copy: Copy) -> bool:
    """Whether the lake has the copy before the newest, and that one is at hand."""
    if not _has(con, schema, copy.went_on_from) or not spare_of(analytics).exists():
        return False
    if "before" not in _attached(con):
        con.execute(f"attach {quoted(spare_of(analytics))} as before (read_only)")
    return _copy(con, "before").published_at == copy.went_on_from


def _attached(con: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in con.execute("select database_name from duckdb_databases()").fetchall()}


def _columns(con: duckdb.DuckDBPyConnection, database: str, schema: str) -> Tables:
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in con.execute(COLUMNS, [database, schema, PUBLICATION]).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def _write_all(con: duckdb.DuckDBPyConnection, schema: str) -> dict[str, int]:
    con.execute(f"create schema if not exists {schema}")
    new, old = _columns(con, "newest", "marts"), _columns(con, LAKE, schema)
    for table in old.keys() - new.keys():
        con.execute(f"drop table {schema}.{table}")
    return {table: _write(con, schema, table, columns) for table, columns in new.items()}


def _write(con: duckdb.DuckDBPyConnection, schema: str, table: str, columns: Mapping[str, str]) -> int:
    """Customer by customer, so that one is found without reading all."""
    order = f"order by {KEYS}" if by_customer([*columns]) else ""
    return _count(con, f"create or replace table {schema}.{table} as from newest.marts.{table} {order}")


def _write_changes(con: duckdb.DuckDBPyConnection, schema: str) -> dict[str, int]:
    written = {}
    for table, columns in _columns(con, "newest", "marts").items():
        if by_customer([*columns]):
            written[table] = _replace_touched(con, schema, table) if find_touched(con, table) else 0
        elif differs(con, table):
            con.execute(f"delete from {schema}.{table}")
            written[table] = _count(con, f"insert into {schema}.{table} by name from newest.marts.{table}")
    return {table: rows for table, rows in written.items() if rows}


def _replace_touched(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> int:
    who = _few_touched(con)
    con.execute(f"""
        delete from {schema}.{table} as old using touched
        where old.tenant_id = touched.tenant_id
            and old.servicetitan_customer_id = touched.servicetitan_customer_id {who}
    """)
    con.execute(f"""
        delete from {schema}.{table}
        where servicetitan_customer_id is null
            and tenant_id in (select tenant_id from touched where servicetitan_customer_id is null)
    """)
    return _count(
        con,
        f"""
        insert into {schema}.{table} by name
        from newest.marts.{table} as new where exists (
            from touched
            where new.tenant_id = touched.tenant_id
                and new.servicetitan_customer_id is not distinct from touched.servicetitan_customer_id
        )
        """,
    )


def _few_touched(con: duckdb.DuckDBPyConnection) -> str:
    ids = con.execute(f"select distinct servicetitan_customer_id from touched limit {FEW + 1}").fetchall()
    listed = ", ".join(str(customer_id) for (customer_id,) in ids if customer_id is not None)
    return f"and old.servicetitan_customer_id in ({listed})" if listed and len(ids) <= FEW else ""


def _note(con: duckdb.DuckDBPyConnection, schema: str, copy: Copy, now: datetime, *, is_full: bool) -> None:
    values = [schema.removeprefix("shard").removeprefix("_"), copy.derivation_id, copy.as_of, copy.published_at, now]
    if is_full:
        con.execute(f"create or replace table {schema}.{PUBLICATION} as {ROW}", [*values, is_full])
    else:
        con.execute(f"delete from {schema}.{PUBLICATION}")
        con.execute(f"insert into {schema}.{PUBLICATION} by name {ROW}", [*values, is_full])


def _count(con: duckdb.DuckDBPyConnection, statement: str) -> int:
    found = con.execute(statement).fetchone()
    return int(found[0]) if found else 0
