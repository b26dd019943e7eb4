"""``operations.sqlite``: what the product must remember and cannot derive again.

Each file of ``migrations/`` is applied once, in the order of its number; ``user_version`` is the last one.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

MIGRATIONS = sorted((Path(__file__).parent / "migrations").glob("[0-9][0-9][0-9]_*.sql"))
CACHE = 65_536  # kB at most: what a first enqueue of a large tenant touches again and again
PATIENCE = 60.0  # seconds; enqueueing a tenant's whole history holds the file for about half of that


WAYS_OUT = {
    "locked": f"another process has held it for {PATIENCE:.0f} s; end that one, then run this again",
    "readonly": "this user must be allowed to write it, and the files with -wal and -shm beside it",
    "full": "make room on the disk, then run this again; nothing was lost",
    "already exists": "this is another program's file; put a back-up in its place, or name another OPERATIONS_PATH",
    "": "see that there is room on the disk and that this user may write the file, then run this again",
}


class OperationsError(Exception):
    """The operations file cannot be used; the message says what to do."""


def stamp(moment: datetime) -> str:
    """A moment as the file keeps it: UTC, always 27 characters, so that text sorts as time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@contextmanager
def open_operations(path: Path, patience: float = PATIENCE) -> Iterator[sqlite3.Connection]:
    """A connection in autocommit: group writes by `transaction`. Raises `OperationsError`."""
    con = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        con = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
        con.execute("pragma journal_mode = wal")
        con.execute("pragma synchronous = full")
        con.execute("pragma foreign_keys = on")
        con.execute(f"pragma cache_size = -{CACHE}")
        migrate(con, path)
        yield con
    except sqlite3.OperationalError as error:
        if path.is_dir():
            raise OperationsError(f"{path} is a folder, and a file belongs there: move it away") from error
        raise OperationsError(f"{path}: {error}; {way_out(error)}") from error
    except sqlite3.DatabaseError as error:
        if type(error) is not sqlite3.DatabaseError:
            raise
        raise OperationsError(f"{path}: {error}; put a back-up of this file in its place") from error
    finally:
        if con:
            con.close()


def way_out(error: sqlite3.OperationalError) -> str:
    words = str(error)
    return next(way for part, way in WAYS_OUT.items() if part in words)


def migrate(con: sqlite3.Connection, path: Path) -> None:
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


def version(con: sqlite3.Connection) -> int:
    return int(con.execute("pragma user_version").fetchone()[0])


def statements(script: str) -> Iterator[str]:
    """One by one, because ``executescript`` commits, and a migration is one transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def transaction(con: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing, and alone: the write lock is taken at the start."""
    con.execute("begin immediate")
    try:
        yield con
        con.execute("commit")
    except BaseException:
        if con.in_transaction:  # a full disk ends it without being asked
            con.execute("rollback")
        raise
