"""How long a call is tried, and how long is waited in between."""

import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx

from pipelines.servicetitan.errors import Busy, Unavailable

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """Seconds: the wait doubles from ``first`` to ``longest``; no attempt begins after ``total``."""

    first: float = 1
    longest: float = 60
    total: float = 240
    timeout: float = 100  # ServiceTitan's own limit, https://partnerapis.servicetitan.io/docs/timeouts-and-pagination
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic

    def waits(self) -> Iterator[float]:
        wait = self.first
        while True:
            yield wait * random.uniform(0.5, 1)
            wait = min(wait * 2, self.longest)

    def until_done(self, attempt: Callable[[], T]) -> T:
        """Repeats ``attempt`` while it raises `Busy`; raises `Unavailable` with the last word when time is up."""
        started = self.monotonic()
        for count, backoff in enumerate(self.waits(), start=1):
            try:
                return attempt()
            except Busy as busy:
                wait = backoff if busy.wait is None else busy.wait + backoff * 0.1
                elapsed = self.monotonic() - started
                if elapsed + wait > self.total:
                    raise Unavailable(f"given up after {count} attempts in {elapsed:.0f} s; the last: {busy}") from None
            self.sleep(wait)
        raise AssertionError("waits() has no end")


def asked_wait(response: httpx.Response, now: datetime | None = None) -> float | None:
    """Seconds, from ``Retry-After`` (a number or a date) or from a title such as "… retry in 7 seconds."."""
    header = response.headers.get("retry-after", "")
    if re.fullmatch(r"\d+(\.\d+)?", header):
        return float(header)
    if header:
        try:
            wait: timedelta = parsedate_to_datetime(header) - (now or datetime.now(UTC))
            return max(0.0, wait.total_seconds())
        except (ValueError, TypeError):
            return None
    named = re.search(r"(\d+(?:\.\d+)?)\s+seconds?\b", response.text[:2000])
    return float(named[1]) if named else None
