"""A tenant's turn, shared by the threads of its streams: given up once, for one reason."""

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from threading import Barrier

import pytest

from pipelines.servicetitan.api.errors import TenantGivenUp, TransientError
from pipelines.servicetitan.api.visit import Visit, VisitBounds

FAILURE = TransientError("HTTP 503 (Service Unavailable)")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_whichever_call_gives_up_says_what_the_others_heard() -> None:
    clock = Clock()
    visit = Visit(silence=1, monotonic=clock)
    refused, waiting = visit.bounds(), visit.bounds()
    clock.now = 0.6
    refused.check(FAILURE)
    clock.now = 1.2
    with pytest.raises(TenantGivenUp, match=r"^nothing got through for 1 s; the last: HTTP 503"):
        waiting.check()


def test_a_failure_before_a_call_got_through_is_no_reason() -> None:
    clock = Clock()
    visit = Visit(silence=1, monotonic=clock)
    visit.bounds().check(FAILURE)
    visit.bounds().heard()
    clock.now = 5
    waiting = visit.bounds()
    clock.now = 6
    with pytest.raises(TenantGivenUp, match="no answer"):
        waiting.check()


def reason(bounds: VisitBounds, failure: TransientError | None, together: Barrier) -> str:
    together.wait(5)
    with pytest.raises(TenantGivenUp) as given_up:
        bounds.check(failure)
    return str(given_up.value)


def test_threads_that_give_up_at_once_have_one_reason() -> None:
    failures = [FAILURE, None] * 4
    for _ in range(50):
        clock = Clock()
        visit = Visit(silence=1, monotonic=clock)
        calls = [visit.bounds() for _ in failures]
        clock.now = 1.2
        with ThreadPoolExecutor(len(calls)) as threads:
            assert len(set(threads.map(reason, calls, failures, repeat(Barrier(len(calls)))))) == 1
