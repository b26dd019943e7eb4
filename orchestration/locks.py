"""Who writes, and who posts: one process each. Without Dagster, for which no command should have to wait."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from pipelines.settings import Settings


class AnotherSyncIsRunning(Exception):
    """The warehouse is held by another run, Dagster's or a command's."""


@contextmanager
def exclusive(settings: Settings, wait_seconds: float) -> Iterator[None]:
    """Makes this process the only writer of the warehouse; raises `AnotherSyncIsRunning`."""
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{settings.warehouse}.lock")
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise AnotherSyncIsRunning(
            f"another sync is running: it holds {lock.lock_file}; waited {wait_seconds:.0f} s; wait until it ends"
        ) from None
    try:
        yield
    finally:
        lock.release()


def delivery_lock(settings: Settings) -> FileLock:
    """Held by a run of `deliver` or a tick of its sensor while it posts: the sign that its process lives."""
    path = settings.operations_file
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path.with_name(f"{path.name}.deliver.lock"))
