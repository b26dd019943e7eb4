"""What an answer means: delivery.md's table of outcomes."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.flow_builder.outcome import Answer, Outcome, outcome

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Middle(random.Random):
    """No jitter."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def judged(status: int | None, attempts: int = 1, retry_after: str | None = None) -> Outcome:
    return outcome(Answer(status, retry_after=retry_after), attempts, NOW, Middle())


def test_every_status_has_its_outcome() -> None:
    stops = Outcome("retry", NOW + timedelta(minutes=5), counts=False, stops=True)
    waits = Outcome("retry", NOW + 30 * SECOND, counts=False, waits_until=NOW + 30 * SECOND)
    documented = {
        **dict.fromkeys(range(200, 600), Outcome("retry", NOW + 30 * SECOND)),
        **dict.fromkeys(range(200, 300), Outcome("delivered")),
        **dict.fromkeys([*range(300, 400), 401, 403, 404, 405, 410], stops),
        **dict.fromkeys([400, 409, 413, 415, 422], Outcome("dead")),
        429: waits,
    }
    assert {status: judged(status) for status in range(200, 600)} == documented


@pytest.mark.parametrize("status", [None, 500, 503])
def test_the_delays_grow_and_then_it_is_dead(status: int | None) -> None:
    delays = [judged(status, attempts).next_attempt_at for attempts in range(1, 7)]
    assert [(at - NOW) / SECOND for at in delays if at] == [30, 120, 900, 3600, 14400, 43200]
    assert judged(status, attempts=7) == Outcome("dead")


def test_the_delays_differ_by_a_fifth_at_most() -> None:
    chance = random.Random(1)
    delays = [outcome(Answer(500), 2, NOW, chance).next_attempt_at for _ in range(1000)]
    seconds = [(at - NOW) / SECOND for at in delays if at]
    assert 96 <= min(seconds) < 100
    assert 140 < max(seconds) <= 144


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("120", 120),
        ("0120", 120),
        ("Sun, 22 Nov 2026 15:08:00 GMT", 120),
        ("Sunday, 22-Nov-26 15:08:00 GMT", 120),  # RFC 850
        ("Sun Nov 22 15:08:00 2026", 120),  # asctime
        ("Sun, 22 Nov 2026 16:08:00 +0100", 120),
        ("86401", 86400),
        ("9" * 400, 86400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
        ("0", 1),
        ("Sun, 22 Nov 2020 15:08:00 GMT", 1),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("Sun, 99 Nov 2026 15:08:00 GMT", None),
        (None, None),
    ],
)
def test_every_form_of_retry_after(status: int, retry_after: str | None, seconds: int | None) -> None:
    given = judged(status, retry_after=retry_after)
    if seconds is not None:
        assert given.waits_until == NOW + seconds * SECOND
    else:
        assert given.waits_until == (NOW + 30 * SECOND if status == 429 else None)
    assert given.counts == (status == 503)


def test_a_503_that_asks_for_little_still_spends_its_attempts_slowly() -> None:
    given = judged(503, attempts=3, retry_after="1")
    assert (given.waits_until, given.next_attempt_at) == (NOW + SECOND, NOW + timedelta(minutes=15))


def test_what_was_given_back_before_the_first_byte_costs_nothing() -> None:
    assert outcome(Answer(begun=False), 1, NOW, Middle()) == Outcome("retry", NOW, counts=False)
