"""What an answer means: delivery.md's table of outcomes."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.flow_builder.retry_policy import AttemptResult, Settlement, outcome
from pipelines.flow_builder.statuses import Status

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Middle(random.Random):
    """No jitter."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def judged(status: int | None, attempts: int = 1, retry_after: str | None = None, **circumstances: bool) -> Settlement:
    return outcome(AttemptResult(status, retry_after=retry_after), attempts, NOW, Middle(), **circumstances)


UNCOUNTED = Settlement(Status.RETRY, NOW + 30 * SECOND, counts=False)
WAITS = Settlement(Status.RETRY, NOW + 30 * SECOND, counts=False, waits_until=NOW + 30 * SECOND)


def test_every_status_has_its_outcome() -> None:
    documented = {
        **dict.fromkeys(range(200, 600), Settlement(Status.RETRY, NOW + 30 * SECOND)),
        **dict.fromkeys(range(200, 300), Settlement(Status.DELIVERED)),
        **dict.fromkeys([*range(300, 400), 401, 403, 404, 405, 410], UNCOUNTED),
        **dict.fromkeys([400, 409, 413, 415, 422], Settlement(Status.DEAD)),
        429: WAITS,
    }
    assert {status: judged(status) for status in range(200, 600)} == documented


def test_while_the_endpoint_stays_down_nothing_counts_against_a_message() -> None:
    statuses = [None, *range(300, 600)]
    documented = {**dict.fromkeys(statuses, UNCOUNTED), 429: WAITS}
    assert {status: judged(status, attempts=7, stays_down=True) for status in statuses} == documented


def test_a_conflict_after_an_attempt_that_was_cut_off_is_tried_again() -> None:
    assert judged(409, attempts=2, was_cut_off=True) == Settlement(Status.RETRY, NOW + 120 * SECOND)
    assert judged(409, attempts=7, was_cut_off=True) == Settlement(Status.DEAD)
    assert judged(422, attempts=2, was_cut_off=True) == Settlement(Status.DEAD)


@pytest.mark.parametrize("status", [None, 500, 503])
def test_the_delays_grow_and_then_it_is_dead(status: int | None) -> None:
    delays = [judged(status, attempts).next_attempt_at for attempts in range(1, 7)]
    assert [(at - NOW) / SECOND for at in delays if at] == [30, 120, 900, 3600, 14400, 43200]
    assert judged(status, attempts=7) == Settlement(Status.DEAD)


def test_the_delays_differ_by_a_fifth_at_most() -> None:
    chance = random.Random(1)
    delays = [outcome(AttemptResult(500), 2, NOW, chance).next_attempt_at for _ in range(1000)]
    seconds = [(at - NOW) / SECOND for at in delays if at]
    assert 96 <= min(seconds) < 100
    assert 140 < max(seconds) <= 144


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("retry_after", "seconds"), [("120", 120), ("0", 1), ("9" * 400, 86_400)])
def test_who_asks_for_it_is_waited_for_and_that_does_not_count(status: int, retry_after: str, seconds: int) -> None:
    until = NOW + seconds * SECOND
    assert judged(status, 7, retry_after) == Settlement(Status.RETRY, until, counts=False, waits_until=until)


@pytest.mark.parametrize("retry_after", ["soon", "-5", "", None])
def test_a_wait_that_cannot_be_read_is_none(retry_after: str | None) -> None:
    assert judged(429, retry_after=retry_after) == WAITS
    assert judged(503, retry_after=retry_after) == Settlement(Status.RETRY, NOW + 30 * SECOND)


def test_what_was_given_back_before_the_first_byte_costs_nothing() -> None:
    assert outcome(AttemptResult(begun=False), 1, NOW, Middle()) == Settlement(Status.RETRY, counts=False)
