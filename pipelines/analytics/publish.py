"""The analysts' copy: all marts in one DuckDB file, put in place at once."""

import os
import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from glob import escape
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from pipelines.warehouse import open_warehouse, quoted

Tables = Mapping[str, pa.RecordBatchReader]

LOG = "customer_state_transitions"
# What a row of these says comes from its customer alone, so that it changes only when the customer does.
BY_CUSTOMER = ("customer_servicetitan_state", "customer_state_spans", "customer_events", LOG)
CHANGED = """
    create temp table changed as
    select tenant_id, customer_id as servicetitan_customer_id from warehouse.intermediate.int_customers__changed
"""
PUBLICATION = """
    create or replace table analytics.main.publication as
    select $1::varchar as version, $2::varchar as derivation_id, $3::bigint as published_at
"""


class _Derivation(NamedTuple):
    """``previous_id``: the one whose marts became this one's by changed customers alone."""

    id: str
    previous_id: str | None


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

    ``version`` names what is copied, for `is_published`. Who has the old file open keeps it whole. Where that is as it
    was published, after the derivation before this one, only the rows of changed customers are written.
    """
    analytics.parent.mkdir(parents=True, exist_ok=True)
    _remove_drafts(analytics)
    fresh = analytics.with_name(f"{analytics.name}.{os.getpid()}.tmp")
    published_at = time.time_ns() // 1000
    try:
        with open_warehouse(warehouse, read_only=True) as con:
            derivation = _derivation(con)
            last_id = _published_derivation(analytics)
            goes_on = derivation is not None and last_id is not None and last_id in derivation
            if goes_on:
                shutil.copyfile(analytics, fresh)
            con.execute(f"attach {quoted(fresh)} as analytics")
            con.execute("create schema if not exists analytics.marts")
            if derivation and last_id == derivation.id:
                rows = {mart: _size(con, mart) for mart in _marts(con)}
            else:
                rows = _write(con, BY_CUSTOMER if goes_on else ())
            for name, reader in (besides or {}).items():
                con.register("besides", reader)
                rows[name] = _create(con, name, "besides")
            con.execute(PUBLICATION, [version, derivation and derivation.id, published_at])
            con.execute("detach analytics")
        _sync_to_disk(fresh)
        os.utime(fresh, ns=(published_at * 1000, published_at * 1000))
        fresh.replace(analytics)
        _sync_to_disk(analytics.parent)
    finally:
        _remove_drafts(analytics)
    return rows


def _derivation(con: duckdb.DuckDBPyConnection) -> _Derivation | None:
    try:
        found = con.execute(
            "select derivation_id, previous_derivation_id from warehouse.intermediate.int_derivations__begun"
            " semi join warehouse.intermediate.int_derivations__ended using (derivation_id)"
        ).fetchone()
    except duckdb.CatalogException:
        return None
    return _Derivation(*found) if found else None


def _published_derivation(analytics: Path) -> str | None:
    """None where the file is not what was published last: its own time of change stands in it."""
    try:
        with duckdb.connect(analytics, read_only=True) as con:
            found = con.execute("select derivation_id, published_at from main.publication").fetchone()
    except duckdb.Error:
        return None
    return found[0] if found and found[1] * 1000 == analytics.stat().st_mtime_ns else None


def _marts(con: duckdb.DuckDBPyConnection) -> list[str]:
    found = con.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = 'warehouse' and table_schema = 'marts' order by table_name"
    ).fetchall()
    return [mart for (mart,) in found]


def _write(con: duckdb.DuckDBPyConnection, to_update: tuple[str, ...]) -> dict[str, int]:
    """Makes the marts anew but those ``to_update``, of which changed customers' rows make way for what is right now."""
    if to_update:
        con.execute(CHANGED)
    return {
        mart: _update(con, mart) if mart in to_update else _create(con, mart, f'warehouse.marts."{mart}"')
        for mart in _marts(con)
    }


def _update(con: duckdb.DuckDBPyConnection, mart: str) -> int:
    con.execute(
        f"create or replace temp table news as"
        f" select * from warehouse.marts.{mart} semi join changed using (tenant_id, servicetitan_customer_id)"
    )
    con.execute(
        f"delete from analytics.marts.{mart} as old using changed"
        " where old.tenant_id = changed.tenant_id and old.servicetitan_customer_id = changed.servicetitan_customer_id"
    )
    if mart == LOG:  # what was retracted may have come back with another customer
        con.execute(
            f"delete from analytics.marts.{mart}"
            " where retracted_at is not null and transition_id in (select transition_id from news)"
        )
    con.execute(f"insert into analytics.marts.{mart} by name from news")
    return _size(con, mart)


def _create(con: duckdb.DuckDBPyConnection, table: str, source: str) -> int:
    return _count(con, f'create or replace table analytics.marts."{table}" as from {source}')


def _size(con: duckdb.DuckDBPyConnection, mart: str) -> int:
    return _count(con, f'select count(*) from analytics.marts."{mart}"')


def _count(con: duckdb.DuckDBPyConnection, statement: str) -> int:
    found = con.execute(statement).fetchone()
    return int(found[0]) if found else 0


def _remove_drafts(analytics: Path) -> None:
    """Also those of a process that was killed."""
    for draft in analytics.parent.glob(f"{escape(analytics.name)}.*.tmp*"):
        draft.unlink(missing_ok=True)


def _sync_to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
