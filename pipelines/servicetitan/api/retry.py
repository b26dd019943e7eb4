"""How long a call is tried, and how long is waited in between."""

import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

import httpx

from pipelines.retry_after import retry_after
from pipelines.servicetitan.api.errors import (
    AccessRefused,
    NotFound,
    Refused,
    ScopeMissing,
    ServiceTitanError,
    TransientError,
)

T = TypeVar("T")
ANSWERS = (AccessRefused, NotFound, Refused, ScopeMissing)


class Bounds(Protocol):
    """Until when somebody waits for a call, and what it comes to then: `VisitBounds` of a sync, `Deadline` of a
    caller."""

    @property
    def seconds(self) -> float:
        """That are left."""

    def check(self, last: TransientError | None = None) -> None:
        """Before an attempt. Raises `ServiceTitanError` where it is too late for one."""

    def rest(self, seconds: float, last: TransientError | None = None) -> None:
        """Raises `ServiceTitanError` where that is too long."""

    def heard(self) -> None:
        """An answer has come."""

    def cut_off(self) -> bool:
        """Whether it is these bounds that ended an attempt."""

    def given_up(self, last: TransientError, attempts: int, seconds: float) -> ServiceTitanError: ...


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

    def delays(self) -> Iterator[float]:
        wait = self.first
        while True:
            yield wait * random.uniform(0.5, 1)
            wait = min(wait * 2, self.longest)

    def call(self, attempt: Callable[[], T], bounds: Bounds) -> T:
        """Repeats ``attempt`` while it raises `TransientError`. Raises what the bounds make of the last one when time
        is up, or of their own end."""
        started, last = self.monotonic(), None
        for count, backoff in enumerate(self.delays(), start=1):
            bounds.check(last)
            try:
                result = attempt()
            except ANSWERS:  # whoever refuses has been heard, too
                bounds.heard()
                raise
            except TransientError as failed:
                if bounds.cut_off():
                    continue
                last = failed
            else:
                bounds.heard()
                return result
            wait = backoff if last.wait is None else last.wait + backoff * 0.1
            elapsed = self.monotonic() - started
            if elapsed + wait > self.total:
                raise bounds.given_up(last, count, elapsed)
            bounds.rest(wait, last)
        raise AssertionError("delays() has no end")


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
