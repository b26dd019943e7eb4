"""The analysts' copy: all marts but one in one DuckDB file, put in place at once."""

import os
import shutil
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from pipelines.analytics.described import Described, describe
from pipelines.analytics.published import NotPublished, published
from pipelines.derivation.freshness import CHANGED, read_last_derivation
from pipelines.warehouse import open_warehouse, quoted

# DuckDB takes rows of unknown number for few, and would hold two million in memory to join a hundred to them: 4.6 s of
# CPU instead of 1.1, and out of their order.
AS_WRITTEN = "set disabled_optimizers = 'join_order,build_side_probe_side'"


class Besides(NamedTuple):
    """``query``: what becomes of the rows, `besides`; the marts are those of ``analytics``."""

    rows: pa.RecordBatchReader
    query: str = "from besides"


Tables = Mapping[str, Besides]

LOG = "customer_state_transitions"
NOT_FOR_ANALYSTS = "transition_details"  # names, e-mails and phones
# What a row of these says comes from its customer alone, so that it changes only when the customer does.
LEADS = "leads"  # those of nobody come and go, too
BY_CUSTOMER = ("customer_servicetitan_state", "customer_state_spans", "customer_events", "sales", LEADS, LOG)
# What a row of this says comes of hundreds of jobs, and counting it is what costs most: 1.1 s of CPU at 300,000 jobs.
OF_MANY_JOBS = "job_kind_behaviour"
NEW_JOBS = f"""
    select (select count(*) from warehouse.servicetitan.jobs) > 1.01 * sum(jobs) from analytics.marts.{OF_MANY_JOBS}
"""
FEW = 1000  # customers
PUBLICATION = """
    create or replace table analytics.main.publication as
    select
        $1::varchar as derivation_id,
        $2::timestamptz as as_of,
        $3::varchar as besides_version,
        make_timestamptz($4::bigint) as published_at,
"""
PUBLISHED = "select derivation_id, as_of, besides_version, epoch_us(published_at) from main.publication"


class Publication(NamedTuple):
    """What a copy is of. ``besides_version`` names the state of what is put besides the marts; ``published_at``: the
    file's time of change, in microseconds."""

    derivation_id: str | None
    as_of: datetime | None
    besides_version: str
    published_at: int


def read_publication(analytics: Path) -> Publication | None:
    """None where there is none, or it is of an earlier release, damaged, or held by somebody who opened it to write."""
    try:
        with published(analytics) as con:
            found = con.execute(PUBLISHED).fetchone()
    except (NotPublished, duckdb.Error):
        return None
    return Publication(*found) if found else None


def is_published(analytics: Path, derivation_id: str | None, besides_version: str) -> bool:
    known = read_publication(analytics)
    return known is not None and (known.derivation_id, known.besides_version) == (derivation_id, besides_version)


def publish(
    warehouse: Path,
    analytics: Path,
    besides_version: str,
    besides: Tables | None = None,
    described: Described | None = None,
) -> dict[str, int]:
    """Rows per table of the new copy: the marts, and what is put ``besides`` them, in the same schema. What is
    ``described`` gets its comments, and the questions that are among it stand there as views.

    Who has the old file open keeps it whole. Where that is as it was published, after the derivation before this one,
    only the rows of changed customers are written, and `OF_MANY_JOBS` once a day or when one job in a hundred is new.
    """
    analytics.parent.mkdir(parents=True, exist_ok=True)
    _remove_drafts(analytics)
    fresh = analytics.with_name(f"{analytics.name}.{os.getpid()}.tmp")
    published_at = time.time_ns() // 1000
    try:
        with open_warehouse(warehouse, read_only=True) as con:
            derivation, last_id = read_last_derivation(con), _published_derivation(analytics)
            goes_on = derivation and last_id and last_id in (derivation.id, derivation.previous_id)
            if goes_on:
                shutil.copyfile(analytics, fresh)
            con.execute(f"attach {quoted(fresh)} as analytics")
            con.execute("create schema if not exists analytics.marts")
            if derivation and last_id == derivation.id:
                rows = {mart: _size(con, mart) for mart in _marts(con)}
            else:
                kept = (
                    [OF_MANY_JOBS] if goes_on and derivation and _holds_today(con, analytics, derivation.as_of) else []
                )
                rows = _write(con, BY_CUSTOMER if goes_on else (), kept)
            con.execute(AS_WRITTEN)
            for name, (reader, query) in (besides or {}).items():
                con.register("besides", reader)
                rows[name] = _create(con, name, f"({query})")
            con.execute("reset disabled_optimizers")
            of = [derivation.id, derivation.as_of] if derivation else [None, None]
            con.execute(PUBLICATION, [*of, besides_version, published_at])
            if described:
                con.execute("use analytics")
                describe(con, described)
                con.execute("use warehouse")
            con.execute("detach analytics")
        _sync_to_disk(fresh)
        os.utime(fresh, ns=(published_at * 1000, published_at * 1000))
        fresh.replace(analytics)
        _sync_to_disk(analytics.parent)
    finally:
        _remove_drafts(analytics)
    return rows


def _published_derivation(analytics: Path) -> str | None:
    """None where the file is not what was published last: its own time of change stands in it."""
    known = read_publication(analytics)
    return known.derivation_id if known and known.published_at * 1000 == analytics.stat().st_mtime_ns else None


def _marts(con: duckdb.DuckDBPyConnection) -> list[str]:
    found = con.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = 'warehouse' and table_schema = 'marts' and table_name != ? order by table_name",
        [NOT_FOR_ANALYSTS],
    ).fetchall()
    return [mart for (mart,) in found]


def _holds_today(con: duckdb.DuckDBPyConnection, analytics: Path, as_of: datetime) -> bool:
    """Whether `OF_MANY_JOBS` stays in the copy as it is there."""
    known = read_publication(analytics)
    if known is None or known.as_of is None or known.as_of.date() != as_of.astimezone(UTC).date():
        return False
    return con.execute(NEW_JOBS).fetchone() == (False,)


def _write(con: duckdb.DuckDBPyConnection, to_update: Collection[str], to_keep: Collection[str]) -> dict[str, int]:
    """Makes the marts anew but those ``to_keep``, and those ``to_update``, of which changed customers' rows make way
    for what is right now."""
    if to_update:
        con.execute(
            f"create temp table changed as select * rename (customer_id as servicetitan_customer_id) from ({CHANGED})"
        )
    who = _few_changed(con) if to_update else ""
    written = {
        mart: _update(con, mart, who) if mart in to_update else _create(con, mart, f'warehouse.marts."{mart}"')
        for mart in _marts(con)
        if mart not in to_keep
    }
    return written | {mart: _size(con, mart) for mart in to_keep}


def _few_changed(con: duckdb.DuckDBPyConnection) -> str:
    """A condition by which a view asks for few customers in each table below it, and not only of what it has worked out
    of all: 0.03 s of CPU instead of 0.12 for the stays of 100,000 customers."""
    ids = con.execute(f"select distinct servicetitan_customer_id from changed limit {FEW + 1}").fetchall()
    listed = ", ".join(str(customer_id) for (customer_id,) in ids) or "null"
    return "" if len(ids) > FEW else f"where servicetitan_customer_id in ({listed})"


def _update(con: duckdb.DuckDBPyConnection, mart: str, who: str) -> int:
    con.execute(
        f"create or replace temp table news as"
        f" select * from warehouse.marts.{mart} semi join changed using (tenant_id, servicetitan_customer_id) {who}"
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
    if mart == LEADS:
        con.execute(f"delete from analytics.marts.{mart} where servicetitan_customer_id is null")
        con.execute(f"insert into news from warehouse.marts.{mart} where servicetitan_customer_id is null")
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
