"""SQLite's files, whose errors name the file and the way out."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipelines.operations.connection import OperationsError

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


class SqliteCursor(sqlite3.Cursor):
    connection: "SqliteConnection"

    def execute(self, query: str, values: Any = (), /) -> "SqliteCursor":
        try:
            super().execute(query, values)
        except sqlite3.DatabaseError as error:
            self.connection.refuse(error)
            raise
        return self

    def executemany(self, query: str, values: Iterable[Any], /) -> "SqliteCursor":
        try:
            super().executemany(query, values)
        except sqlite3.DatabaseError as error:
            self.connection.refuse(error)
            raise
        return self

    def fetchall(self) -> list[Any]:
        try:
            return super().fetchall()
        except sqlite3.DatabaseError as error:
            self.connection.refuse(error)
            raise


class SqliteConnection(sqlite3.Connection):
    """In autocommit. ``way_out``: for a file that is worth nothing; else the error says it."""

    is_shared = False
    path: Path
    way_out: str | None

    def cursor(self, _factory: Any = None) -> SqliteCursor:  # type: ignore[override]
        try:
            return super().cursor(SqliteCursor)
        except sqlite3.ProgrammingError as error:  # it is closed
            raise OperationsError(f"{self.path}: {error}") from error

    def execute(self, query: str, values: Any = (), /) -> SqliteCursor:
        return self.cursor().execute(query, values)

    def executemany(self, query: str, values: Iterable[Any], /) -> SqliteCursor:
        return self.cursor().executemany(query, values)

    def begin(self, *, snapshot: bool = False) -> None:
        """The write lock is taken at once: a deferred one fails where another has written meanwhile."""
        self.execute("begin" if snapshot else "begin immediate")

    def commit(self) -> None:
        self.execute("commit")

    def rollback(self) -> None:
        if self.in_transaction:  # a full disk ends it without being asked
            self.execute("rollback")

    def lock(self, *_names: str, shared: bool = False) -> None:
        """Who writes is alone."""

    def try_lock(self, _name: str, *, shared: bool = False) -> bool:  # noqa: ARG002
        return True

    def hold(self, _name: str) -> bool:
        """One process serves a file; what another one held went away with it."""
        return True

    def let_go(self, _name: str) -> None: ...

    def new_numbers(self, table: str, column: str, count: int) -> list[int]:
        (last,) = self.execute(f"select coalesce(max({column}), 0) from {table}").fetchone()
        return [*range(last + 1, last + 1 + count)]

    def neighbors(self) -> list[str]:
        return []

    def has_table(self, name: str) -> bool:
        return bool(self.execute("select 1 from sqlite_master where type = 'table' and name = ?", [name]).fetchall())

    def version(self) -> int:
        return int(self.execute("pragma user_version").fetchone()[0])

    def prove_writable(self) -> None:
        """Writes what stands there, for a full disk shows at a write alone."""
        self.begin()
        try:
            self.execute(f"pragma user_version = {self.version()}")
            self.commit()
        finally:
            self.rollback()

    def migrate(self) -> None:
        """Raises `OperationsError`."""
        for name, value in (("journal_mode", "wal"), ("synchronous", "full"), ("foreign_keys", "on")):
            self.execute(f"pragma {name} = {value}")
        self.execute(f"pragma cache_size = -{CACHE}")
        if self.version() != len(MIGRATIONS):
            self._bring_up_to_date()

    def _bring_up_to_date(self) -> None:
        self.begin()
        try:
            if self.version() > len(MIGRATIONS):
                raise OperationsError(
                    f"{self.path}: written by a newer release (version {self.version()}; this one knows"
                    f" {len(MIGRATIONS)}); run that release, or newer"
                )
            for migration in MIGRATIONS[self.version() :]:
                for statement in statements(migration.read_text()):
                    self.execute(statement)
            self.execute(f"pragma user_version = {len(MIGRATIONS)}")
            self.commit()
        finally:
            self.rollback()

    def refuse(self, error: sqlite3.DatabaseError) -> None:
        """Raises `OperationsError` where the file is at fault, and not the statement."""
        refuse(error, self.path, self.way_out)


def statements(script: str) -> Iterator[str]:
    """One by one, because ``executescript`` commits, and a migration is one transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def connect(path: Path, patience: float = PATIENCE, way_out: str | None = None) -> SqliteConnection:
    """Raises `OperationsError`, here and in whatever it is asked."""
    try:
        con = sqlite3.connect(
            path, timeout=patience, isolation_level=None, check_same_thread=False, factory=SqliteConnection
        )
    except sqlite3.DatabaseError as error:
        refuse(error, path, way_out)
        raise
    con.path, con.way_out = path, way_out
    return con


def refuse(error: sqlite3.DatabaseError, path: Path, way_out: str | None = None) -> None:
    if isinstance(error, sqlite3.OperationalError):
        if path.is_dir() and not way_out:
            raise OperationsError(f"{path} is a folder, and a file belongs there: move it away") from error
        words = str(error)
        known = next(way for part, way in WAYS_OUT.items() if part in words)
        raise OperationsError(f"{path}: {error}; {way_out or known}") from error
    if type(error) is sqlite3.DatabaseError:
        raise OperationsError(f"{path}: {error}; {way_out or 'put a back-up of this file in its place'}") from error
