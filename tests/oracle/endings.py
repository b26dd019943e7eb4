"""When a job's end counts: a cancellation where nothing else is on, a completion where the work is done."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from tests.oracle.jobs import Job

FORGOTTEN_AFTER = timedelta(days=30)


def cancellation_counts(canceled: Job, jobs: Iterable[Job]) -> bool:
    """``jobs``: the customer's, after merges."""
    then = canceled.canceled_at
    return then is not None and not any(
        _is_on(other, then, canceled) for other in _others(canceled, jobs) if any(other.booked_by(then))
    )


def done_at(completed: Job, jobs: Iterable[Job]) -> datetime | None:
    """When the work is done to which the job belongs; none where another job's own end says it, or without a date."""
    end = completed.completed_at
    if end is None:
        return None
    same = [each for each in _others(completed, jobs) if _is_same_work(each, completed) and any(each.booked_by(end))]
    if any(_is_later(other, completed) for other in same):
        return None
    return max([end, *_moments(same, end)])


def _others(job: Job, jobs: Iterable[Job]) -> Iterator[Job]:
    return (each for each in jobs if each.kind == job.kind and each.id != job.id)


def _is_on(other: Job, then: datetime, canceled: Job) -> bool:
    """Where the moment of the other's end is unknown, it counts as still on."""
    if other.is_canceled:
        return other.canceled_at is None or other.canceled_at > then
    if other.is_completed:
        first = _first_booking(canceled)
        return other.completed_at is None or first is None or other.completed_at >= first
    start = other.latest_start(then)
    return start is not None and start > then - FORGOTTEN_AFTER


def _first_booking(job: Job) -> datetime | None:
    return min((each.booked_at for each in job.appointments if each.booked_at), default=job.created_at)


def _is_same_work(job: Job, other: Job) -> bool:
    if job.project is not None and other.project is not None:
        return job.project == other.project
    return job.location is not None and job.location == other.location


def _is_later(other: Job, job: Job) -> bool:
    if not other.is_completed or other.completed_at is None or job.completed_at is None:
        return False
    return (other.completed_at, other.id) > (job.completed_at, job.id)


def _moments(others: Iterable[Job], end: datetime) -> Iterator[datetime]:
    """When those are over that are not Completed."""
    for other in others:
        if other.is_canceled:
            over = other.canceled_at
        elif not other.is_completed:
            start = other.latest_start(end)
            over = start and start + FORGOTTEN_AFTER
        else:
            over = None
        if over:
            yield over
