"""What a run holds while it lasts: the warehouse, its clock, and a place to show progress."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from filelock import FileLock, Timeout
from pydantic import PrivateAttr

from pipelines.settings import ConfigurationError, Settings, load_settings


class AnotherSyncIsRunning(Exception):
    """The warehouse is held by another run, in Dagster or on a command line."""


@contextmanager
def exclusive(settings: Settings, wait_seconds: float) -> Iterator[None]:
    """The only writer of the warehouse, over all processes of this machine; raises `AnotherSyncIsRunning`."""
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{settings.warehouse}.lock")
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise AnotherSyncIsRunning(
            f"another sync is running (it holds {lock.lock_file}); waited {wait_seconds:.0f} s; try again when it is done"
        ) from None
    try:
        yield
    finally:
        lock.release()


class Warehouse(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The warehouse, held from the run's first step to its last."""

    wait_seconds: float = 60
    as_of: str | None = None
    _as_of: datetime | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Warehouse"]:  # noqa: ARG002
        with exclusive(load_settings(), self.wait_seconds):
            yield self

    def clock(self) -> datetime:
        """The run's clock: read once, when the derivation asks for it."""
        self._as_of = self._as_of or (parse_time(self.as_of) if self.as_of else datetime.now(UTC))
        return self._as_of


def parse_time(text: str) -> datetime:
    """ISO 8601, in UTC where it names no zone; raises `ConfigurationError`."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"as_of: found {text!r}; expected ISO 8601, such as 2026-11-22 or 2026-11-22T15:04:05Z"
        ) from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


class Progress(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where long work shows itself: the run's log, or a terminal."""

    terminal: bool = False

    def show(self, log: Any, line: str) -> None:
        if self.terminal:
            print(line, file=sys.stderr, flush=True)
        else:
            log.info(line)
