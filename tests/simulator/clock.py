"""Clocks that can be moved: a clock is any callable that returns aware UTC."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        """``advance(days=90, minutes=1)``, as `timedelta` takes them."""
        self.now += timedelta(**duration)

    def set(self, now: datetime) -> None:
        self.now = now.astimezone(UTC)


class OffsetClock:
    """Runs in real time, ahead of it by what it was advanced."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, **duration: float) -> None:
        self.offset += timedelta(**duration)

    def set(self, now: datetime) -> None:
        self.offset = now - datetime.now(UTC)
