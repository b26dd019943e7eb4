"""What a run holds while it lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dagster as dg
from pydantic import PrivateAttr

from orchestration.locks import AnotherSyncIsRunning, delivery_lock, exclusive
from pipelines.settings import ConfigurationError, load_settings

__all__ = ["AnotherSyncIsRunning", "WarehouseResource", "delivery_lock", "exclusive", "parse_time"]


class WarehouseResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The warehouse, held from a run's first step to its last, and the run's clock.

    ``as_of``: ISO 8601; moves the clock of the derivation, for trials.
    """

    wait_seconds: float = 60
    as_of: str | None = None
    _as_of: datetime | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["WarehouseResource"]:  # noqa: ARG002
        settings = load_settings()
        if self.as_of and settings.servicetitan_environment == "production":
            raise ConfigurationError(f"as_of: found {self.as_of}; in production the clock is not moved")
        self._as_of = parse_time(self.as_of) if self.as_of else None
        with exclusive(settings, self.wait_seconds):
            yield self

    def now(self) -> datetime:
        return datetime.now(UTC)

    def clock(self) -> datetime:
        """The run's clock: read once, when the derivation asks for it."""
        self._as_of = self._as_of or self.now()
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
