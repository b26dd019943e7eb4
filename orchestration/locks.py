"""Who writes, and who posts: one process each. Without Dagster, for which no command should have to wait."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from pipelines.operations import PostgresUrl, look_into
from pipelines.settings import Settings

SYNC = "sync"  # of this shard, wherever it runs


class AnotherSyncIsRunning(Exception):
    """The warehouse is held by another run, Dagster's or a command's."""


@contextmanager
def exclusive(settings: Settings, wait_seconds: float) -> Iterator[None]:
    """Makes this process the only writer of the warehouse, and of its shard in PostgreSQL.

    Raises `AnotherSyncIsRunning` and `pipelines.operations.OperationsError`.
    """
    deadline = time.monotonic() + wait_seconds
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{settings.warehouse}.lock")
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise AnotherSyncIsRunning(
            f"another sync is running: it holds {lock.lock_file}; waited {wait_seconds:.0f} s; wait until it ends"
        ) from None
    try:
        with alone_in_shard(settings, deadline):
            yield
    finally:
        lock.release()


@contextmanager
def alone_in_shard(settings: Settings, deadline: float) -> Iterator[None]:
    """A file keeps out who is on this machine; another one may have the same SHARD, and a warehouse of its own."""
    if not isinstance(place := settings.operations, PostgresUrl):
        yield
        return
    with look_into(place) as con:
        while not con.hold(SYNC):
            if time.monotonic() > deadline:
                raise AnotherSyncIsRunning(
                    f"another sync is running, on another machine or with another DATA_DIR, into {place}; end the one"
                    " that is not to have this SHARD"
                )
            time.sleep(0.2)
        yield


def delivery_lock(settings: Settings) -> FileLock:
    """Held by a run of `deliver` or a tick of its sensor while it posts: the sign that its process lives."""
    path = settings.operations_file
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path.with_name(f"{path.name}.deliver.lock"))
