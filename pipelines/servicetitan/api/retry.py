"""How long a call is tried, and how long is waited in between."""

import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import httpx

from pipelines.retry_after import retry_after
from pipelines.servicetitan.api.errors import (
    AccessRefused,
    NotFound,
    Refused,
    ScopeMissing,
    TransientError,
    Unavailable,
)
from pipelines.servicetitan.api.visit import Visit
from pipelines.servicetitan.api.wire import bounded

T = TypeVar("T")
ANSWERS = (AccessRefused, NotFound, Refused, ScopeMissing)


@dataclass(frozen=True)
class RetryPolicy:
    """Seconds: the wait doubles from ``first`` to ``longest``; no attempt begins after ``total``, and each is over
    after ``timeout``. ``silence``: after it a sync gives a tenant up none of whose calls got through."""

    first: float = 1
    longest: float = 60
    total: float = 240
    # ServiceTitan's own limit is 100 s (https://partnerapis.servicetitan.io/docs/timeouts-and-pagination), and the way
    timeout: float = 110
    silence: float = 30
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    visit: Visit = field(default_factory=Visit)

    def delays(self) -> Iterator[float]:
        wait = self.first
        while True:
            yield wait * random.uniform(0.5, 1)
            wait = min(wait * 2, self.longest)

    def call(self, attempt: Callable[[], T], whole: bool = False) -> T:
        """Repeats ``attempt`` while it raises `TransientError`. Raises `Unavailable` with the last word when time is
        up, or what the visit raises (`Visit.go_on`)."""
        started, last = self.monotonic(), None
        for count, backoff in enumerate(self.delays(), start=1):
            self.visit.go_on(started, last, whole)
            with bounded(partial(self.visit.left, started, whole)) as left:
                try:
                    return self._heard(attempt)
                except TransientError as busy:
                    if left() <= 0:
                        self.visit.waiting = True
                        if self.visit.left(started, whole) > 0:
                            raise  # it is part of another call, whose time is over
                        continue
                    last, wait = busy, backoff if busy.wait is None else busy.wait + backoff * 0.1
            elapsed = self.monotonic() - started
            if elapsed + wait > self.total:
                raise Unavailable(f"given up after {count} attempts in {elapsed:.0f} s; the last: {last}") from None
            self.sleep(max(0.0, min(wait, self.visit.left(started, whole))))
        raise AssertionError("delays() has no end")

    def _heard(self, attempt: Callable[[], T]) -> T:
        """Whoever refuses has been heard, too."""
        try:
            result = attempt()
        except ANSWERS:
            self.visit.heard()
            raise
        self.visit.heard()
        return result


BULK = RetryPolicy()
PROBE = RetryPolicy(first=0.5, longest=1, total=3, timeout=5)
CHECK = RetryPolicy(first=0.5, longest=4, total=15)  # a page may take as long as in a sync
INTERACTIVE = RetryPolicy(first=0.2, longest=2, total=6, timeout=20)
# A write is waited for longer than ServiceTitan's own limit of 100 s, so that it is over when we give it up.
WRITE = RetryPolicy(first=0.2, longest=2, total=6, timeout=110)
TOKEN = RetryPolicy(first=0.2, longest=1, total=4, timeout=10)


def asked_wait(response: httpx.Response, now: datetime | None = None) -> float | None:
    """Seconds, from ``Retry-After`` or else from a title such as "… retry in 7 seconds."."""
    wait = retry_after(response.headers.get("retry-after"), now or datetime.now(UTC))
    if wait is not None:
        return wait.total_seconds()
    named = re.search(r"\b(\d{1,5}(?:\.\d+)?)\s+seconds?\b", response.text[:2000])
    return float(named[1]) if named else None
