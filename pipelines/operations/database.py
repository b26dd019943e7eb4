"""``operations.sqlite``: what the product must remember and cannot derive again.

Each file of ``migrations/`` is applied once, in the order of its number; ``user_version`` is the last one.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipelines.operations.connection import Connection, OperationsError
from pipelines.operations.sqlite import PATIENCE, connect, refuse

MIGRATIONS = sorted((Path(__file__).parent / "migrations").glob("[0-9][0-9][0-9]_*.sql"))
CACHE = 65_536  # kB at most: what a first enqueue of a large tenant touches again and again


def stamp(moment: datetime) -> str:
    """A moment as the file keeps it: UTC, always 27 characters, so that text sorts as time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@contextmanager
def open_operations(path: Path, patience: float = PATIENCE) -> Iterator[Connection]:
    """A connection in autocommit: group writes by `transaction`. Raises `OperationsError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(connect(path, patience)) as con:
        try:
            con.execute("pragma journal_mode = wal")
            con.execute("pragma synchronous = full")
            con.execute("pragma foreign_keys = on")
            con.execute(f"pragma cache_size = -{CACHE}")
            migrate(con, path)
            yield con
        except sqlite3.DatabaseError as error:  # of a row that was fetched
            refuse(error, path)
            raise


@contextmanager
def look_into(path: Path) -> Iterator[Connection]:
    """The file as it is: nothing is made, and nothing brought up to date. Raises `OperationsError`."""
    with closing(connect(path)) as con:
        yield con


def has_table(con: Connection, name: str) -> bool:
    return bool(con.execute("select 1 from sqlite_master where type = 'table' and name = ?", [name]).fetchall())


def migrate(con: Connection, path: Path) -> None:
    if version(con) == len(MIGRATIONS):
        return
    with transaction(con):
        if version(con) > len(MIGRATIONS):
            raise OperationsError(
                f"{path}: written by a newer release (version {version(con)}; this one knows {len(MIGRATIONS)});"
                " run that release, or newer"
            )
        for migration in MIGRATIONS[version(con) :]:
            for statement in statements(migration.read_text()):
                con.execute(statement)
        con.execute(f"pragma user_version = {len(MIGRATIONS)}")


def version(con: Connection) -> int:
    return int(con.execute("pragma user_version").fetchone()[0])


def prove_writable(con: Connection) -> None:
    """Writes what stands there, for a full disk shows at a write alone."""
    with transaction(con):
        con.execute(f"pragma user_version = {version(con)}")


def statements(script: str) -> Iterator[str]:
    """One by one, because ``executescript`` commits, and a migration is one transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def snapshot(con: Connection) -> Iterator[Connection]:
    """All that is read within is of one moment."""
    con.execute("begin")
    try:
        yield con
    finally:
        con.execute("rollback")


@contextmanager
def transaction(con: Connection) -> Iterator[Connection]:
    """All or nothing, and alone: the write lock is taken at the start."""
    con.execute("begin immediate")
    try:
        yield con
        con.execute("commit")
    except BaseException:
        if con.in_transaction:  # a full disk ends it without being asked
            con.execute("rollback")
        raise
