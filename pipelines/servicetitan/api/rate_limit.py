"""ServiceTitan's rate limit: 60 calls in any one second, per app and tenant, over all processes."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pipelines.operations import OperationsError

CALLS_PER_SECOND = 60
BURST = 4  # calls at once; with the spacing below no second of ours ever holds more than 60
SPACING = 1 / (CALLS_PER_SECOND - BURST)

SCHEMA = "create table if not exists turns (tenant_id integer primary key, next_turn real not null) without rowid"
TAKE = """
insert into turns values (:tenant_id, :now + :spacing)
on conflict do update set next_turn = :spacing + case
    when next_turn > :now + :longest then :now  -- from before the clock was set back
    else max(next_turn, :now - :slack)
end
returning next_turn - :spacing
"""
MAX_AHEAD = 60.0  # seconds that a turn may be ahead


class RateLimiter:
    """Hands out turns from a small SQLite file, which the sync and the actions API share.

    One file serves one app key. ``clock`` gives seconds that all processes of the machine agree on.
    """

    def __init__(
        self, path: Path, clock: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._clock, self._sleep = path, clock, sleep
        self._local, self._turn = threading.local(), threading.Lock()
        try:
            with closing(self._connect()) as connection:
                connection.execute("pragma journal_mode = wal")
                connection.execute(SCHEMA)
        except sqlite3.DatabaseError as error:
            raise OperationsError(
                f"{path}: {error}; see that the disk has room; or delete this file, which holds nothing of value"
            ) from error

    def acquire(self, tenant_id: int) -> float:
        """Takes the tenant's next turn; gives the seconds to wait for it. One thread at a time: those that meet at the
        file's lock sleep for milliseconds."""
        if not hasattr(self._local, "connection"):
            self._local.connection = self._connect()
        with self._turn:
            now = self._clock()
            turn = {"tenant_id": tenant_id, "now": now, "spacing": SPACING, "slack": SPACING * (BURST - 1)}
            ((starts_at,),) = self._local.connection.execute(TAKE, {**turn, "longest": MAX_AHEAD}).fetchall()
        return max(0.0, float(starts_at) - now)

    def wait(self, tenant_id: int, rest: Callable[[float], None] | None = None) -> None:
        if seconds := self.acquire(tenant_id):
            (rest or self._sleep)(seconds)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        connection.execute("pragma synchronous = off")  # a turn lost in a power cut costs nothing
        return connection
