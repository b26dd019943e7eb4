"""The call budget: 60 calls in any second, over all processes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.servicetitan.api.rate_limit import RateLimiter


class Time:
    """Stands still but for the waits."""

    def __init__(self) -> None:
        self.now = 1_772_463_600.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def most_in_a_second(calls: list[float]) -> int:
    return max(sum(1 for other in calls if call <= other < call + 1 - 1e-6) for call in calls)


@pytest.fixture
def time() -> Time:
    return Time()


def test_no_second_holds_more_than_sixty_calls_of_a_tenant(tmp_path: Path, time: Time) -> None:
    rate_limiter, calls = RateLimiter(tmp_path / "budget.sqlite", time, time.sleep), []
    for _ in range(300):
        rate_limiter.wait(1)
        calls.append(time.now)
    assert 55 <= most_in_a_second(calls) <= 60


def test_two_processes_share_it(tmp_path: Path, time: Time) -> None:
    """Two objects with connections of their own, as two processes have them."""
    budgets = [RateLimiter(tmp_path / "budget.sqlite", time, time.sleep) for _ in range(2)]
    calls = []
    for number in range(300):
        budgets[number % 2].wait(1)
        calls.append(time.now)
    assert most_in_a_second(calls) <= 60


def test_tenants_do_not_share_it(tmp_path: Path, time: Time) -> None:
    rate_limiter = RateLimiter(tmp_path / "budget.sqlite", time, time.sleep)
    for _ in range(60):
        rate_limiter.acquire(1)
    assert rate_limiter.acquire(2) == 0


def test_a_rest_does_not_save_up_more_than_a_burst(tmp_path: Path, time: Time) -> None:
    rate_limiter = RateLimiter(tmp_path / "budget.sqlite", time, time.sleep)
    rate_limiter.wait(1)
    time.sleep(3600)
    assert [rate_limiter.acquire(1) == 0 for _ in range(6)] == [True] * 4 + [False] * 2


def test_a_clock_that_was_set_back_stops_nobody(tmp_path: Path, time: Time) -> None:
    rate_limiter = RateLimiter(tmp_path / "budget.sqlite", time, time.sleep)
    rate_limiter.wait(1)
    time.now -= 86_400
    assert rate_limiter.acquire(1) == 0


def test_a_file_of_a_release_before_is_taken_over(tmp_path: Path, time: Time) -> None:
    with closing(sqlite3.connect(tmp_path / "budget.sqlite")) as con, con:
        con.execute("create table turns (tenant_id integer primary key, next_turn real not null) without rowid")
    rate_limiter = RateLimiter(tmp_path / "budget.sqlite", time, time.sleep)
    assert rate_limiter.acquire(1) == 0 < rate_limiter.acquire(1) < 1
