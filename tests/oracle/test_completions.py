"""A completion counts only where the work is done."""

from typing import Any

import pytest

from tests.oracle.scene import ADA, BOB, INSTALL, SALES, SERVICE, Record, at, job, met, person, record, story, visit


def done(identity: int, day: float, **fields: Any) -> Record:
    return job(identity, INSTALL, "Completed", completed_on=at(day), **fields)


def completions(*told: Record, until: float = 89) -> list[tuple[float, str]]:
    return [each for each in met(*told, until=until) if each[1].endswith(":completed")]


PROJECT: dict[str, Any] = {"project_id": 7, "location_id": 1}
HOUSE, OTHER_HOUSE, SOMEWHERE = {"location_id": 1}, {"location_id": 2}, {"location_id": None}
BOTH_BOOKED = [visit(51, 31, 1), visit(52, 32, 1)]


def test_two_jobs_of_one_project_are_done_after_the_last() -> None:
    assert completions(done(31, 5, **PROJECT), done(32, 8, **PROJECT), *BOTH_BOOKED) == [(8, "job:32:completed")]


def test_of_two_that_end_at_one_moment_the_larger_id_says_it() -> None:
    assert completions(done(32, 5, **PROJECT), done(31, 5, **PROJECT), *BOTH_BOOKED) == [(5, "job:32:completed")]


def test_a_job_that_is_booked_when_the_other_is_done_is_other_work() -> None:
    both = done(31, 5, **PROJECT), done(32, 8, **PROJECT)
    assert completions(*both, visit(51, 31, 1), visit(52, 32, 5)) == [(8, "job:32:completed")]
    afterwards = [visit(51, 31, 1), visit(52, 32, 5.001)]
    assert completions(*both, *afterwards) == [(5, "job:31:completed"), (8, "job:32:completed")]
    assert completions(*both, visit(51, 31, 1), visit(52, 32, None)) == [
        (5, "job:31:completed"),
        (8, "job:32:completed"),
    ]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (HOUSE, HOUSE, True),
        (HOUSE, OTHER_HOUSE, False),
        (HOUSE, SOMEWHERE, False),
        (SOMEWHERE, SOMEWHERE, False),
        (PROJECT, {"project_id": 7, "location_id": 2}, True),
        (PROJECT, {"project_id": 8, "location_id": 1}, False),
        (PROJECT, HOUSE, True),
        (PROJECT, OTHER_HOUSE, False),
    ],
)
def test_the_same_work_is_the_same_project_or_else_the_same_house(
    one: dict[str, Any], other: dict[str, Any], is_same: bool
) -> None:
    first = [] if is_same else [(5, "job:31:completed")]
    assert completions(done(31, 5, **one), done(32, 8, **other), *BOTH_BOOKED) == [*first, (8, "job:32:completed")]


def test_a_job_that_is_canceled_later_holds_the_completion_up_until_then() -> None:
    canceled = job(32, INSTALL, "Canceled", ended=9, **PROJECT)
    assert completions(done(31, 5, **PROJECT), canceled, *BOTH_BOOKED) == [(9, "job:31:completed")]
    entry = record("job_canceled_logs", 61, job_id=32, created_on=at(7))
    assert completions(done(31, 5, **PROJECT), canceled, *BOTH_BOOKED, entry) == [(7, "job:31:completed")]
    undated = record("job_canceled_logs", 61, job_id=32, created_on=None)
    assert completions(done(31, 5, **PROJECT), canceled, *BOTH_BOOKED, undated) == [(5, "job:31:completed")]
    before = job(32, INSTALL, "Canceled", ended=4, **PROJECT)
    assert completions(done(31, 5, **PROJECT), before, *BOTH_BOOKED) == [(5, "job:31:completed")]


def test_an_open_job_holds_it_up_until_30_days_after_its_latest_start() -> None:
    told = [done(31, 5, **PROJECT), job(32, **PROJECT), visit(51, 31, 1)]
    assert completions(*told, visit(52, 32, 1, start=10)) == [(40, "job:31:completed")]
    assert completions(*told, visit(52, 32, 1, start=10), until=39) == []
    assert completions(*told, visit(52, 32, 1, start=10), visit(53, 32, 2, start=12)) == [(42, "job:31:completed")]
    assert completions(*told, visit(52, 32, 1, start=10), visit(53, 32, 6, start=12)) == [(40, "job:31:completed")]
    assert completions(*told, visit(52, 32, 1, start=-26)) == [(5, "job:31:completed")]
    assert completions(*told, visit(52, 32, 1)) == [(5, "job:31:completed")]


@pytest.mark.parametrize("off", [{"active": False}, {"status": "Canceled"}])
def test_a_visit_that_is_off_holds_nothing_up(off: dict[str, Any]) -> None:
    told = [done(31, 5, **PROJECT), job(32, **PROJECT), visit(51, 31, 1)]
    assert completions(*told, visit(52, 32, 1, start=10, **off)) == [(5, "job:31:completed")]


def test_an_end_without_a_date_of_its_own_is_when_the_job_was_last_changed() -> None:
    told = [job(31, INSTALL, "Completed", ended=5, **PROJECT), job(32, INSTALL, "Completed", ended=8, **PROJECT)]
    assert completions(*told, *BOTH_BOOKED) == [(8, "job:32:completed")]
    unknown = job(32, INSTALL, "Completed", modified_on=None, **PROJECT)
    assert completions(told[0], unknown, *BOTH_BOOKED) == [(5, "job:31:completed")]


def test_jobs_of_other_kinds_and_other_people_do_not_matter() -> None:
    for other in (job(32, SALES, **PROJECT), job(32, SERVICE, **PROJECT), job(32, customer=BOB, **PROJECT)):
        told = [done(31, 5, **PROJECT), other, visit(51, 31, 1), visit(52, 32, 1, start=10)]
        assert completions(*told) == [(5, "job:31:completed")]


def test_a_customers_double_is_the_customer() -> None:
    told = [done(31, 5, **PROJECT), done(32, 8, customer=BOB, **PROJECT), *BOTH_BOOKED]
    assert completions(*told) == [(5, "job:31:completed")]
    assert completions(*told, person(BOB, merged_to=ADA)) == [(8, "job:32:completed")]


def test_two_houses_are_each_done_on_their_own_day() -> None:
    told = [done(31, 5, **HOUSE), done(32, 8, **OTHER_HOUSE), *BOTH_BOOKED]
    assert story(*told) == [(1, "appointment:51:booked"), (5, "job:31:completed"), (8, "job:32:completed")]
    assert story(*told, customer=ADA, until=6)[-1] == (5, "job:31:completed")
