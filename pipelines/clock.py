"""Time is an argument."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]  # in UTC


def now() -> datetime:
    return datetime.now(UTC)
