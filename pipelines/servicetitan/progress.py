"""How the streams of a sync fare, while they are read and in the end."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

GOES_ON = "goes on with the next sync"
PROGRESS_INTERVAL = 1.0  # seconds, per stream


@dataclass
class StreamSync:
    """One stream of one tenant in one sync; it grows while the stream is read."""

    tenant_id: int
    tenant_name: str
    stream: str
    started_at: datetime
    ended_at: datetime | None = None
    rows: int = 0
    pages: int = 0
    calls: int = 0  # with those that were tried again
    rejected: int = 0
    complete: bool = False
    error: str | None = None
    asked: bool = True  # not so of a tenant that rests
    goes_on: bool = False  # its time was over; the next sync goes on where it stopped
    missing_scope: str | None = None
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._began = self.told_at = time.monotonic()

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._began

    @property
    def seconds(self) -> float:
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else self.elapsed

    def __str__(self) -> str:
        """``socal customers: 12,000 rows, 3 pages, 4 s, 3,000 rows/s``, and how it ended."""
        seconds = self.elapsed
        pace = f"{seconds:.0f} s, {self.rows / max(seconds, 0.001):,.0f} rows/s"
        end = f"; failed: {self.error}" if self.error else "; done" if self.complete else ""
        end = f"; {GOES_ON}" if self.goes_on else end
        return f"{self.tenant_name} {self.stream}: {self.rows:,} rows, {self.pages} pages, {pace}{end}"


@dataclass
class SyncProgress:
    """Tells of each stream once in a while, and of its end unless it brought nothing; one call at a time."""

    tell: Callable[[StreamSync], None] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def grew(self, sync: StreamSync) -> None:
        now = time.monotonic()
        if sync.rows and now - sync.told_at >= PROGRESS_INTERVAL:
            sync.told_at = now
            self._say(sync)

    def ended(self, sync: StreamSync) -> None:
        if sync.rows or sync.error:
            self._say(sync)

    def _say(self, sync: StreamSync) -> None:
        if self.tell:
            with self._lock:
                self.tell(sync)
