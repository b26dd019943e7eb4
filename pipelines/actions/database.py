"""The API's hold on ``operations.sqlite``: one connection to read, one to look, and one to write, one writer
at a time."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from pipelines.operations import Connection, Cursor, Place, open_operations, transaction

Row = Mapping[str, Any]
PARTING = 3  # seconds


class ActionsDatabase:
    """Who reads waits for nobody who writes, here or in another process: a sync may hold the file for half a minute.

    Raises `pipelines.operations.OperationsError`.
    """

    def __init__(self, place: Place) -> None:
        self._stack, self._locks = ExitStack(), [threading.Lock() for _ in range(3)]
        self._con, self._reader, self._looker = (self._stack.enter_context(open_operations(place)) for _ in range(3))
        self._lock, self._readers, self._lookers = self._locks

    def close(self) -> None:
        """Not below a thread that is at work here, which SQLite would not survive; the process's end closes it then."""
        if all(lock.acquire(timeout=PARTING) for lock in self._locks):
            self._stack.close()
            for lock in self._locks:
                lock.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._readers:
            yield self._reader

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """For what every request asks, in microseconds: it waits for nobody who reads a list."""
        with self._lookers:
            yield self._looker

    def rows(self, query: str, *values: Any) -> list[Row]:
        with self.reading() as con:
            return named(con.execute(query, values))

    def row(self, query: str, *values: Any) -> Row | None:
        return next(iter(self.rows(query, *values)), None)

    @contextmanager
    def writing(self, *alone: str) -> Iterator[Connection]:
        """One transaction, on disk when it ends; ``alone`` as in `pipelines.operations.transaction`."""
        with self._lock, transaction(self._con, *alone) as con:
            yield con

    @contextmanager
    def held(self, name: str) -> Iterator[bool]:
        """Whether it is ours, and no other process's, for as long as we are at it."""
        with self._lock:
            is_ours = self._con.hold(name)
        try:
            yield is_ours
        finally:
            if is_ours:
                self.let_go(name)

    def let_go(self, name: str) -> None:
        with self._lock:
            self._con.let_go(name)

    def write(self, statement: str, *values: Any) -> int:
        """Rows changed."""
        with self.writing() as con:
            return con.execute(statement, values).rowcount


def named(found: Cursor) -> list[Row]:
    """Rows by the names of their columns."""
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
