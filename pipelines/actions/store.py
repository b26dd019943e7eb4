"""The API's hold on ``operations.sqlite``: one connection, one writer at a time."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pipelines.operations import open_operations, transaction

Row = sqlite3.Row


class Store:
    def __init__(self, path: Path) -> None:
        self._stack, self._lock = ExitStack(), threading.Lock()
        self._con = self._stack.enter_context(open_operations(path))
        self._con.row_factory = sqlite3.Row

    def close(self) -> None:
        self._stack.close()

    def rows(self, query: str, *values: Any) -> list[Row]:
        with self._lock:
            return self._con.execute(query, values).fetchall()

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
