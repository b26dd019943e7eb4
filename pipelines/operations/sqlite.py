"""SQLite's files, whose errors name the file and the way out."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipelines.operations.connection import OperationsError

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

    def refuse(self, error: sqlite3.DatabaseError) -> None:
        """Raises `OperationsError` where the file is at fault, and not the statement."""
        refuse(error, self.path, self.way_out)


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
