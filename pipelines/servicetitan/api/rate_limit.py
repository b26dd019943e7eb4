"""ServiceTitan's rate limit: 60 calls in any one second, per app and tenant, over all processes."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pipelines.operations.sqlite import SqliteConnection, connect

CALLS_PER_SECOND = 60
BURST = 4  # calls at once; with the spacing below no second of ours ever holds more than 60
SPACING = 1 / (CALLS_PER_SECOND - BURST)

# Beside the table ``turns`` of a release before, which a process that still runs may use.
SCHEMA = "create table if not exists slots (tenant_id integer primary key, next_slot real not null) without rowid"
TAKE = """
insert into slots values (:tenant_id, :now + :spacing)
on conflict (tenant_id) do update set next_slot = :spacing + case
    when slots.next_slot > :now + :longest then :now  -- from before the clock was set back
    when slots.next_slot > :now - :slack then slots.next_slot
    else :now - :slack
end
returning next_slot - :spacing
"""
MAX_AHEAD = 60.0  # seconds that a slot may be ahead
WAY_OUT = "see that the disk has room; or delete this file, which holds nothing of value"


class RateLimiter:
    """Hands out slots from a small SQLite file, which the sync and the actions API share.

    One file serves one app key. ``clock`` gives seconds that all processes of the machine agree on.
    """

    def __init__(
        self, path: Path, clock: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._clock, self._sleep = path, clock, sleep
        self._local, self._turn = threading.local(), threading.Lock()
        with closing(self._connect()) as connection:
            connection.execute("pragma journal_mode = wal")
            connection.execute(SCHEMA)

    def acquire(self, tenant_id: int) -> float:
        """Takes the tenant's next slot; gives the seconds to wait for it. One thread at a time: those that meet at the
        file's lock sleep for milliseconds."""
        if not hasattr(self._local, "connection"):
            self._local.connection = self._connect()
        connection: SqliteConnection = self._local.connection
        with self._turn:
            now = self._clock()
            slot = {"tenant_id": tenant_id, "now": now, "spacing": SPACING, "slack": SPACING * (BURST - 1)}
            ((starts_at,),) = connection.execute(TAKE, {**slot, "longest": MAX_AHEAD}).fetchall()
        return max(0.0, float(starts_at) - now)

    def wait(self, tenant_id: int, rest: Callable[[float], None] | None = None) -> None:
        if seconds := self.acquire(tenant_id):
            (rest or self._sleep)(seconds)

    def _connect(self) -> SqliteConnection:
        connection = connect(self._path, patience=30, way_out=WAY_OUT)
        connection.execute("pragma synchronous = off")  # a slot lost in a power cut costs nothing
        return connection
