"""Batches on their way from the reading threads to dlt: bounded in bytes, and cut into packages."""

import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pyarrow as pa

MOMENT = 0.05  # seconds


class Closed(Exception):
    """Nobody takes batches any more."""


@dataclass(frozen=True)
class Batch:
    """Rows of one raw table. ``bookmark`` is stored with them, under ``owner``; ``rejected`` in the same package.

    A bookmark alone is no reason for a package, unless it says ``keep``.
    """

    table: str
    rows: pa.Table
    owner: str = ""
    bookmark: dict[str, str] | None = None
    rejected: "Batch | None" = None
    keep: bool = False

    @property
    def weight(self) -> int:
        return int(self.rows.num_rows or self.keep or self.rejected is not None)


@dataclass
class BatchQueue:
    """Any number of threads `put`; one thread takes, table by table, until `package_ends`."""

    most_bytes: int = 32 * 2**20
    package_rows: int = 500_000
    package_seconds: float = 120
    monotonic: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._queues: defaultdict[str, deque[Batch]] = defaultdict(deque)
        self._followers: defaultdict[str, deque[Batch]] = defaultdict(deque)  # of what the package has already
        self._bytes = self._weight = self._taken = 0
        self._began = self.monotonic()
        self._finished = self._closed = False
        self._error: Exception | None = None
        self._news = threading.Condition()

    @classmethod
    def of(cls, batches: Iterable[Batch]) -> "BatchQueue":
        """All that there is."""
        queue = cls(most_bytes=sys.maxsize)
        for batch in batches:
            queue.put(batch)
        queue.finish()
        return queue

    def put(self, batch: Batch) -> None:
        """Waits while too much is on its way; raises `Closed`."""
        with self._news:
            self._news.wait_for(lambda: self._closed or self._bytes < self.most_bytes)
            if self._closed:
                raise Closed
            self._queues[batch.table].append(batch)
            self._bytes += batch.rows.nbytes
            self._weight += batch.weight
            self._news.notify_all()

    def finish(self) -> None:
        """Nothing more will be put."""
        with self._news:
            self._finished = True
            self._news.notify_all()

    def close(self) -> None:
        """Lets the threads go that wait in `put` or `sleep`."""
        with self._news:
            self._closed = True
            self._news.notify_all()

    def fail(self, error: Exception) -> None:
        """Whoever takes next gets the error."""
        with self._news:
            self._error = error
            self._news.notify_all()

    def sleep(self, seconds: float) -> None:
        """For a reader that waits before it tries again; raises `Closed`."""
        with self._news:
            if self._news.wait_for(lambda: self._closed, seconds):
                raise Closed

    def begin_package(self) -> bool:
        """Waits for something worth a package; False when all is read and nothing is left."""
        with self._news:
            self._news.wait_for(lambda: self._weight > 0 or self._finished or self._error)
            if self._error:
                raise self._error
            self._taken, self._began = 0, self.monotonic()
            return self._weight > 0

    def take(self, table: str) -> Batch | None:
        """The table's next batch; waits a moment where there is nothing for any table."""
        with self._news:
            if self._error:
                raise self._error
            if self._followers[table]:
                return self._followers[table].popleft()
            self._news.wait_for(lambda: any(self._queues.values()) or self._finished, MOMENT)
            if not self._queues[table]:
                return None
            batch = self._queues[table].popleft()
            if batch.rejected:
                self._followers[batch.rejected.table].append(batch.rejected)
            self._bytes -= batch.rows.nbytes
            self._weight -= batch.weight
            self._taken += batch.rows.num_rows
            self._news.notify_all()
            return batch

    def package_ends(self, table: str) -> bool:
        """For this table: it is full, or all is read."""
        with self._news:
            if self._followers[table]:
                return False
            late = self._taken > 0 and self.monotonic() - self._began >= self.package_seconds
            over = self._finished and not any(self._queues.values()) and not any(self._followers.values())
            return over or late or self._taken >= self.package_rows
