"""60 calls per second per application and tenant, as a bucket that refills evenly."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.simulator.answers import Answer, problem
from tests.simulator.switches import Switches


class RateLimit:
    def __init__(self, switches: Switches, monotonic: Callable[[], float]) -> None:
        self.switches, self.monotonic = switches, monotonic
        self._buckets: dict[tuple[str, int], tuple[float, float]] = {}

    def allows(self, app_key: str, tenant_id: int) -> bool:
        rate, now = self.switches.calls_per_second, self.monotonic()
        level, then = self._buckets.get((app_key, tenant_id), (rate, now))
        level = min(rate, level + (now - then) * rate)
        self._buckets[app_key, tenant_id] = (level - 1 if level >= 1 else level, now)
        return level >= 1


def too_many(form: str, seconds: int = 1) -> Answer:
    """``form``: Retry-After in seconds, as a date of the real time, or none; the title always says the wait."""
    answer = problem(429, title=f"Rate limit is exceeded. Try again in {seconds} seconds.")
    if form == "seconds":
        answer.headers["retry-after"] = str(seconds)
    if form == "date":
        answer.headers["retry-after"] = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    return answer
