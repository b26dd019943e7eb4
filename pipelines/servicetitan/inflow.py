"""Pages on their way from the reading threads to dlt: bounded in bytes, and cut into packages."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

MOMENT = 0.05  # seconds


class Closed(Exception):
    """Nobody takes pages any more."""


@dataclass(frozen=True)
class Batch:
    """Rows of one raw table. ``bookmark`` is stored with them, under ``owner``; ``rejected`` goes the same way."""

    table: str
    rows: pa.Table
    owner: str = ""
    bookmark: dict[str, str] | None = None
    rejected: "Batch | None" = None


@dataclass
class Inflow:
    """Any number of threads `put`; one thread takes, table by table, until `package_ends`."""

    most_bytes: int = 48 * 2**20
    package_rows: int = 250_000
    package_seconds: float = 120
    monotonic: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._queues: dict[str, deque[Batch]] = {}
        self._bytes = self._rows = self._taken = 0
        self._began = self.monotonic()
        self._finished = self._closed = False
        self._news = threading.Condition()

    def put(self, batch: Batch) -> None:
        """Waits while too much is on its way; raises `Closed`."""
        with self._news:
            self._news.wait_for(lambda: self._closed or self._bytes < self.most_bytes)
            if self._closed:
                raise Closed
            self._queue(batch)
            self._news.notify_all()

    def finish(self) -> None:
        """Nothing more will be put."""
        with self._news:
            self._finished = True
            self._news.notify_all()

    def close(self) -> None:
        """Lets the threads that wait in `put` go."""
        with self._news:
            self._closed = True
            self._news.notify_all()

    def begin_package(self) -> bool:
        """Waits for rows; False when all is read and no row is left."""
        with self._news:
            self._news.wait_for(lambda: self._rows > 0 or self._finished)
            self._taken, self._began = 0, self.monotonic()
            return self._rows > 0

    def take(self, table: str) -> Batch | None:
        """The table's next batch; waits a moment where there is nothing for any table."""
        with self._news:
            self._news.wait_for(lambda: any(self._queues.values()) or self._finished, MOMENT)
            if not self._queues.get(table):
                return None
            batch = self._queues[table].popleft()
            self._bytes -= batch.rows.nbytes
            self._rows -= batch.rows.num_rows
            self._taken += batch.rows.num_rows
            if batch.rejected:
                self._queue(batch.rejected)
            self._news.notify_all()
            return batch

    def package_ends(self, table: str) -> bool:
        """What is taken belongs to the package with all that goes with it, so rejected records outlast the rest."""
        with self._news:
            waiting = self._queues.get(table)
            if self._finished and not any(self._queues.values()):
                return True
            full = self._taken >= self.package_rows or (
                self._taken > 0 and self.monotonic() - self._began >= self.package_seconds
            )
            return full and not (waiting and waiting[0].bookmark is None)

    def _queue(self, batch: Batch) -> None:
        self._queues.setdefault(batch.table, deque()).append(batch)
        self._bytes += batch.rows.nbytes
        self._rows += batch.rows.num_rows
