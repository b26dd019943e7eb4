"""A cancellation counts only where nothing else is on; a job that was forgotten is not."""

import pytest

from tests.oracle.scene import ADA, BOB, INSTALL, SALES, Record, at, job, met, person, record, visit

MICROSECOND = 1 / 86_400_000_000
LOST = job(31, SALES, "Canceled", ended=10)


def canceled(*told: Record) -> list[tuple[float, str]]:
    return [each for each in met(LOST, visit(51, 31, 1, start=9), *told) if ":canceled:" in each[1]]


COUNTS = [(10.0, "job:31:canceled:1")]


def test_alone_it_counts() -> None:
    assert canceled() == COUNTS


@pytest.mark.parametrize(
    ("booked", "start", "counts"),
    [
        (2, 12, False),
        (10, 12, False),
        (10.5, 12, True),
        (None, 12, True),
        (2, None, True),
        (2, -20, True),
        (2, -20 + 4 * MICROSECOND, False),
    ],
)
def test_another_open_visit_hides_it_unless_it_is_booked_later_or_forgotten(
    booked: float | None, start: float | None, counts: bool
) -> None:
    assert canceled(job(32, SALES), visit(52, 32, booked, start)) == (COUNTS if counts else [])


@pytest.mark.parametrize("off", [{"active": False}, {"status": "Canceled"}])
def test_a_visit_that_is_off_hides_nothing(off: dict[str, object]) -> None:
    assert canceled(job(32, SALES), visit(52, 32, 2, 12, **off)) == COUNTS


def test_an_older_visit_of_the_job_does_not_make_a_later_one_forgotten() -> None:
    assert canceled(job(32, SALES), visit(52, 32, 2, -50), visit(53, 32, 2, 12)) == []


def test_one_that_is_booked_again_later_is_forgotten_then() -> None:
    assert canceled(job(32, SALES), visit(52, 32, 2, -50), visit(53, 32, 10.5, 12)) == COUNTS


@pytest.mark.parametrize(("day", "counts"), [(9, True), (10, True), (11, False), (None, False)])
def test_another_that_was_canceled_by_then_hides_nothing(day: float | None, counts: bool) -> None:
    entry = record("job_canceled_logs", 61, job_id=32, created_on=at(day))
    told = [job(32, SALES, "Canceled", ended=99), visit(52, 32, 2, -50), entry]
    assert (COUNTS[0] in canceled(*told)) is counts


@pytest.mark.parametrize(("day", "counts"), [(0.5, True), (1, False), (9, False)])
def test_another_that_was_done_before_this_was_booked_hides_nothing(day: float, counts: bool) -> None:
    told = [job(32, SALES, "Completed", completed_on=at(day)), visit(52, 32, 0, -50)]
    assert canceled(*told) == (COUNTS if counts else [])


def test_jobs_of_another_kind_or_of_another_customer_hide_nothing() -> None:
    assert canceled(job(32, INSTALL), visit(52, 32, 2, 12)) == COUNTS
    assert canceled(job(32, SALES, customer=BOB), visit(52, 32, 2, 12)) == COUNTS
    assert canceled(job(32, SALES, customer=BOB), visit(52, 32, 2, 12), person(BOB, merged_to=ADA)) == []


def test_its_number_is_that_of_the_entries_and_its_date_that_of_the_newest_active_one() -> None:
    entries = [record("job_canceled_logs", 61, job_id=31, created_on=at(8), active=False)]
    assert canceled(*entries) == [(10, "job:31:canceled:2")]
    entries += [record("job_canceled_logs", 62, job_id=31, created_on=at(9))]
    assert canceled(*entries) == [(9, "job:31:canceled:2")]
