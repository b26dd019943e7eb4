"""A SQLite store moved into an empty PostgreSQL database, whole or not at all. The file stays as it is."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pipelines.operations.connection import OperationsError
from pipelines.operations.database import look_into, open_operations
from pipelines.operations.postgres import PostgresConnection
from pipelines.operations.sqlite import MIGRATIONS
from pipelines.settings.place import PostgresUrl

# In the order in which one names another.
TABLES = (
    *("deliveries", "attempts", "endpoint_failures", "decisions", "endpoint", "enqueues", "gate_facts"),
    *("tenant_switches", "tenant_readings", "tenant_rests", "last_complete_syncs", "restores", "history_removal"),
    *("inbound_leads", "lead_keys", "idempotency_keys", "servicetitan_writes", "state_updates", "contact_links"),
    *("customer_index", "customer_index_salts", "customer_index_copied", "rehearsals", "alerts", "announcements"),
    *("tenants", "tenants_version", "console_sessions", "console_forms"),
)
MADE_WITH_ONE = ("endpoint", "tenants_version")
NUMBERED = {
    "deliveries": "sequence",
    "attempts": "attempt_id",
    "decisions": "decision_id",
    "alerts": "alert_id",
    "rehearsals": "rehearsal_id",
}
IN_USE = "{path} is in use: end what runs (servicetitan-flow up, serve, dagster), then run this again"


def copy(path: Path, url: PostgresUrl) -> dict[str, int]:
    """Rows by table, counted on both sides. Raises `OperationsError`; nothing was copied then."""
    with alone(path) as file, open_operations(url) as con:
        assert isinstance(con, PostgresConnection)
        refuse_unfinished(path, file)
        con.begin()
        try:
            con.lock("migrations")  # against another copy
            refuse_what_is_there(con)
            for name in MADE_WITH_ONE:
                con.execute(f"delete from {name}")
            copied = {name: copy_table(file, con, name) for name in TABLES}
            con.commit()
        except BaseException:
            con.rollback()
            raise
    return copied


@contextmanager
def alone(path: Path) -> Iterator[sqlite3.Connection]:
    """Nobody writes to it meanwhile."""
    if not path.exists():
        raise OperationsError(f"{path} is not there: there is nothing to copy; set OPERATIONS_URL, and begin")
    with look_into(path) as found:
        if (version := found.version()) != len(MIGRATIONS):
            raise OperationsError(
                f"{path}: version {version}, and this release copies {len(MIGRATIONS)} alone; run `servicetitan-flow"
                " tenants list` of the release that is to copy it, without OPERATIONS_URL, then this again"
            )
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as con:
        try:
            mode = con.execute("pragma journal_mode = delete").fetchone()  # granted to the only one who has it open
            con.execute("begin exclusive")
        except sqlite3.OperationalError:
            mode = None
        if mode != ("delete",):
            raise OperationsError(IN_USE.format(path=path))
        yield con


def refuse_unfinished(path: Path, file: sqlite3.Connection) -> None:
    known = {name for (name,) in file.execute("select name from sqlite_master where type = 'table'")}
    if known - {"sqlite_sequence", "sqlite_stat1", "sqlite_stat4"} != {*TABLES}:
        raise OperationsError(f"{path}: it has other tables than this release knows; run the release that made them")
    if file.execute("select 1 from history_removal").fetchone():
        raise OperationsError(
            f"{path}: history of 0.1.0 is being taken out; run `servicetitan-flow sync` without OPERATIONS_URL, then"
            " this again"
        )


def refuse_what_is_there(con: PostgresConnection) -> None:
    full = [
        name for name in TABLES if name not in MADE_WITH_ONE and con.execute(f"select 1 from {name} limit 1").fetchone()
    ]
    if full:
        raise OperationsError(f"{con.url} is not empty: {', '.join(full)}; name a database that is")


def copy_table(file: sqlite3.Connection, con: PostgresConnection, name: str) -> int:
    rows = file.execute(f"select * from {name}")
    columns = [column[0] for column in rows.description]
    con.copy_in(f"copy {name} ({', '.join(columns)}) from stdin", rows)
    counts = [count(file, name), count(con, name)]
    if counts[0] != counts[1]:
        raise OperationsError(f"{name}: {counts[0]} rows in the file, and {counts[1]} arrived; nothing was copied")
    if name in NUMBERED:
        con.go_on_after(name, NUMBERED[name])
    return counts[0]


def count(con: Any, name: str) -> int:
    return int(con.execute(f"select count(*) from {name}").fetchone()[0])
