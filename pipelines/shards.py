"""Tenants moved into a shard of their own with all that is known of them, while nothing of either runs.

The new warehouse is made, the outbox moves in one transaction, the new warehouse is put in place, and then the tenants
leave the old one. Cut off anywhere it can be run again, and until then nobody tells them twice: a tenant is told by
whose outbox it is in.
"""

import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.disk import flush
from pipelines.flow_builder.failpoints import failpoint
from pipelines.flow_builder.outbox.locks import outboxes
from pipelines.flow_builder.statuses import WAITING, Status
from pipelines.operations.backup import WAREHOUSE, copy_file, need_room
from pipelines.operations.connection import Connection
from pipelines.operations.copy import NUMBERED, TABLES
from pipelines.operations.database import moment, open_operations, stamp, transaction
from pipelines.operations.postgres import PostgresConnection
from pipelines.servicetitan.load.sync_log import forget_tenants
from pipelines.settings import Settings
from pipelines.settings.place import SHARD_NAME, PostgresUrl
from pipelines.warehouse import open_warehouse

OF_THEM = "tenant_id in ({tenants})"
DELIVERIES = f"select webhook_id from {{old}}.deliveries where {OF_THEM}"
# What goes along though it has no tenant of its own.
INDIRECT = {
    "attempts": f"webhook_id in ({DELIVERIES})",
    "endpoint_failures": f"attempt_id in (select attempt_id from {{old}}.attempts where webhook_id in ({DELIVERIES}))",
    "decisions": f"{OF_THEM} or webhook_id in ({DELIVERIES})",
    "lead_keys": f"lead_id in (select id from {{old}}.inbound_leads where {OF_THEM})",
}
# What is so of all tenants is so there, too: a pause, what a lost store may have told, how far a table was indexed.
COPIED = {
    "tenant_switches": "tenant_id = 0",
    "decisions": "tenant_id = 0",
    "restores": "true",
    "customer_index_copied": "true",
}
STAYS = {
    *("endpoint", "history_removal", "alerts", "announcements", "restores", "customer_index_copied"),
    *("tenants_version", "console_sessions", "console_forms"),
}
MOVED = {table: INDIRECT.get(table, OF_THEM) for table in TABLES if table not in STAYS}
ON_THEIR_WAY = f"select count(*) from {{old}}.deliveries where {OF_THEM} and status = 'sending' and next_attempt_at > ?"
AT_WORK = f"select count(*) from {{old}}.idempotency_keys where {OF_THEM} and runner is not null and status is null"
WITH_TENANTS = """
    select schema_name, table_name from duckdb_columns()
    where column_name = 'tenant_id' and not internal and schema_name != 'seeds'
        and (schema_name, table_name) in (select (schema_name, table_name) from duckdb_tables())
"""
# The next derivation is of all customers, and so is its publication.
DERIVE_ANEW = "update intermediate.derivation_ended set rules_version = null"


class SplitError(Exception):
    """Nothing was moved; the message says what to do."""


@dataclass(frozen=True)
class Split:
    """``rows``: of the outbox, by table. ``warehouse``: the new one."""

    rows: Mapping[str, int]
    warehouse: Path
    place: PostgresUrl


def split(settings: Settings, name: str, folder: Path, tenants: Collection[int], now: datetime) -> Split:
    """The caller holds the warehouse. ``folder``: the DATA_DIR of shard ``name``.

    Raises `SplitError` and `pipelines.operations.OperationsError`.
    """
    old, new = places(settings, name)
    target, tenants, rows = folder / WAREHOUSE, {*tenants}, dict[str, int]()
    with open_operations(old) as con, open_operations(new):
        assert isinstance(con, PostgresConnection)
        is_moved = tenants <= told_by(con, new)
        if not is_moved and (strange := sorted(tenants - told_by(con, old))):
            raise SplitError(f"tenant {strange[0]} is not told by {old}; expected those that `shards list` has of it")
        if target.exists() and not is_moved:
            raise SplitError(f"{target} is there already; name a folder that is new")
        if not tenants <= known(source := target if target.exists() else settings.warehouse):
            raise SplitError(f"{source} does not have all of these tenants; name the DATA_DIR that they moved to")
        if not target.exists():
            made = folder / f".{WAREHOUSE}.moving"
            make_warehouse(settings.warehouse, made, tenants)
            failpoint("split.warehouse_made")
            rows = move_outbox(con, old, new, tenants, now, is_moved)
            failpoint("split.outbox_moved")
            made.replace(target)
            flush(folder)
            failpoint("split.warehouse_placed")
    with open_warehouse(settings.warehouse) as warehouse:
        leave(warehouse, tenants)
    rules = folder / "rules"
    if settings.rules.exists() and not rules.exists():
        shutil.copytree(settings.rules, rules)
    return Split(rows, target, new)


def told_by(con: Connection, place: PostgresUrl) -> set[int]:
    return {one for (one,) in con.execute(f"select tenant_id from {place.schema}.enqueues").fetchall()}


def known(warehouse: Path) -> set[int]:
    with open_warehouse(warehouse, read_only=True) as con:
        return {one for (one,) in con.execute("select tenant_id from servicetitan.tenants").fetchall()}


def places(settings: Settings, name: str) -> tuple[PostgresUrl, PostgresUrl]:
    """Raises `SplitError`."""
    old = settings.operations
    if not isinstance(old, PostgresUrl):
        raise SplitError(
            "OPERATIONS_URL is not set: shards share a database of PostgreSQL, so that none tells another's customers;"
            " `servicetitan-flow operations copy` moves operations.sqlite there"
        )
    if not re.fullmatch(SHARD_NAME, name) or name == settings.shard:
        raise SplitError(f"found {name!r}; expected a new name of lower case, digits and _")
    return old, replace(old, schema=f"shard_{name}")


def make_warehouse(source: Path, target: Path, tenants: Collection[int]) -> None:
    """With these tenants alone."""
    target.parent.mkdir(parents=True, exist_ok=True)
    need_room(target.parent, source.stat().st_size)
    for left in (target, target.with_name(f"{target.name}.wal")):
        left.unlink(missing_ok=True)
    copy_file(source, target)
    with open_warehouse(target) as con:
        keep(con, tenants)
        con.execute("checkpoint")
    flush(target)


def keep(con: duckdb.DuckDBPyConnection, tenants: Collection[int]) -> None:
    remove(con, f"tenant_id not in ({listed(tenants)})")
    forget_tenants(con, lambda one: one not in tenants)


def leave(con: duckdb.DuckDBPyConnection, tenants: Collection[int]) -> None:
    con.execute("begin")
    remove(con, f"tenant_id in ({listed(tenants)})")
    forget_tenants(con, lambda one: one in tenants)
    con.execute("commit")


def remove(con: duckdb.DuckDBPyConnection, condition: str) -> None:
    for schema, table in con.execute(WITH_TENANTS).fetchall():
        con.execute(f'delete from "{schema}"."{table}" where {condition}')
    con.execute(DERIVE_ANEW)


def move_outbox(
    con: PostgresConnection, old: PostgresUrl, new: PostgresUrl, tenants: Collection[int], now: datetime, is_moved: bool
) -> dict[str, int]:
    """One transaction. Rows by table. Where it ``is_moved``, what a sync has noted here since goes."""
    words = {"old": old.schema, "new": new.schema, "tenants": listed(tenants)}
    with transaction(con, *outboxes(tenants)):
        con.neighbors()  # no shard begins with one of them meanwhile
        for query, values, what in (
            (ON_THEIR_WAY, [stamp(now)], "messages of these tenants are on their way: end what delivers them"),
            (AT_WORK, [], "actions of these tenants are under way: end the API"),
        ):
            [(count,)] = con.execute(query.format(**words), values).fetchall()
            if count:
                raise SplitError(f"{count} {what}, and run this again in a minute")
        moved = {table: where.format(**words) for table, where in MOVED.items()}
        rows = dict[str, int]()
        if not is_moved:
            rows = {table: copy_rows(con, table, where, words) for table, where in moved.items()}
            for table, where in COPIED.items():
                copy_rows(con, table, where, words)
        for table in reversed(moved):
            con.execute(f"delete from {old.schema}.{table} where {moved[table]}")
        for schema in (old.schema, new.schema):
            con.execute(f"update {schema}.tenants_version set version = ?", [f"split {stamp(now)}"])
        for table, column in NUMBERED.items():
            con.go_on_after(f"{new.schema}.{table}", column)
    return {table: count for table, count in rows.items() if count}


def copy_rows(con: Connection, table: str, where: str, words: Mapping[str, str]) -> int:
    return con.execute(
        f"insert into {words['new']}.{table} select * from {words['old']}.{table} where {where}"
    ).rowcount


def listed(tenants: Collection[int]) -> str:
    return ", ".join(str(int(one)) for one in sorted(tenants))


@dataclass(frozen=True)
class Shard:
    """``schema``: where its store is. ``synced_at``: when all of a tenant's streams were last read to their end, of the
    tenant of which that is longest ago."""

    schema: str
    tenants: tuple[int, ...]
    waiting: int
    held: int
    dead: int
    synced_at: datetime | None
    is_down: bool


def shards(settings: Settings) -> list[Shard]:
    """All of the database of OPERATIONS_URL. Raises `SplitError` without one."""
    place = settings.operations
    if not isinstance(place, PostgresUrl):
        raise SplitError("OPERATIONS_URL is not set: a product by itself is no shard")
    with open_operations(place) as con, transaction(con):
        return [shard(con, schema) for schema in sorted([place.schema, *con.neighbors()])]


def shard(con: Connection, schema: str) -> Shard:
    tenants = con.execute(f"select tenant_id from {schema}.enqueues order by tenant_id").fetchall()
    counts = dict(con.execute(f"select status, count(*) from {schema}.deliveries group by status").fetchall())
    [(synced_at,)] = con.execute(f"select min(ended_at) from {schema}.last_complete_syncs").fetchall()
    [(down_since,)] = con.execute(f"select down_since from {schema}.endpoint").fetchall()
    return Shard(
        schema,
        tuple(one for (one,) in tenants),
        sum(counts.get(status, 0) for status in WAITING),
        counts.get(Status.HELD, 0),
        counts.get(Status.DEAD, 0),
        moment(synced_at) if synced_at else None,
        down_since is not None,
    )
