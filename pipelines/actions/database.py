"""The API's hold on ``operations.sqlite``: one connection to read, and one to write, one writer at a time."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pipelines.operations import open_operations, transaction

Row = sqlite3.Row
PARTING = 3  # seconds


class ActionsDatabase:
    """Who reads waits for nobody who writes, here or in another process: a sync may hold the file for half a minute."""

    def __init__(self, path: Path) -> None:
        self._stack, self._lock, self._readers = ExitStack(), threading.Lock(), threading.Lock()
        self._con, self._reader = (self._stack.enter_context(open_operations(path)) for _ in range(2))
        self._reader.row_factory = self._con.row_factory = sqlite3.Row

    def close(self) -> None:
        """Not below a thread that is at work here, which SQLite would not survive; the process's end closes it then."""
        if self._lock.acquire(timeout=PARTING) and self._readers.acquire(timeout=PARTING):
            self._stack.close()
            self._readers.release()
            self._lock.release()

    def rows(self, query: str, *values: Any) -> list[Row]:
        with self._readers:
            return self._reader.execute(query, values).fetchall()

    def row(self, query: str, *values: Any) -> Row | None:
        return next(iter(self.rows(query, *values)), None)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Cursor]:
        """One transaction, on disk when it ends."""
        with self._lock, transaction(self._con):
            yield self._con.cursor()

    def write(self, statement: str, *values: Any) -> int:
        """Rows changed."""
        with self.writing() as cursor:
            return cursor.execute(statement, values).rowcount
