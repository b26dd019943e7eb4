"""What happens to a customer at one moment, or right after one another."""

from datetime import datetime, timedelta
from typing import Any

from tests.states.happenings import Op, job_row
from tests.states.progress import CUSTOMER, JOB_TYPES, SALE

MONTH, MINUTE, TICK = timedelta(days=30), timedelta(minutes=1), timedelta(microseconds=1)


def over_at_once(together: tuple[int, int], statuses: tuple[str, str], now: datetime) -> list[Op]:
    jobs = zip(together, statuses, strict=True)
    return [job_row((job, JOB_TYPES[job]), CUSTOMER, status, now) for job, status in jobs]


def beside_a_visit(
    pair: tuple[int, int], status: str, start: timedelta | None, off: dict[str, Any], is_lost: bool, now: datetime
) -> list[Op]:
    """One ends while the other is open, its visit ahead, a month ago or off; or it was lost, no one knows when."""
    job, other = pair
    lost = [Op("job_canceled_logs", {"id": 0, "job_id": other, "created_on": None})] if is_lost else []
    visit = {"id": 0, "job_id": other, "created_on": now - timedelta(days=40), "start": start and now + start, **off}
    return [
        Op("appointments", visit),
        job_row((other, JOB_TYPES[other]), CUSTOMER, "Canceled" if is_lost else "Scheduled", now),
        *lost,
        job_row((job, JOB_TYPES[job]), CUSTOMER, status, now),
    ]


def anew(pair: tuple[int, int], tick: timedelta, now: datetime) -> list[Op]:
    """One is done, the other booked just then, and called off the day after."""
    job, other = pair
    return [
        Op("appointments", {"id": 0, "job_id": other, "created_on": now - timedelta(days=1)}),
        job_row((other, JOB_TYPES[other]), CUSTOMER, "Completed", now + tick),
        Op("appointments", {"id": -1, "job_id": job, "created_on": now}),
        job_row((job, JOB_TYPES[job]), CUSTOMER, "Canceled", now + timedelta(days=1)),
    ]


def called(job_type: int, person: int, now: datetime) -> list[Op]:
    return [job_row((0, job_type), person, "Scheduled", now)]


def closed_late(install: int, state: str, is_of_it: bool, is_visited: bool, now: datetime) -> list[Op]:
    """Booked, then all begins anew, and the state is another when the office closes it; a sale goes on meanwhile."""
    visits = [(-1, now + 1.5 * MINUTE), (-2, now + 4 * MINUTE)] if is_visited else []
    set_by_hand = {"customer_id": CUSTOMER, "job_id": install if is_of_it else None, "to_state": state}
    return [
        Op("appointments", {"id": 0, "job_id": install, "created_on": now}),
        Op("state_updates", {"id": 0, "customer_id": CUSTOMER, "to_state": "0.0", "set_at": now + MINUTE}),
        *(Op("appointments", {"id": each, "job_id": SALE, "created_on": at}) for each, at in visits),
        Op("state_updates", {**set_by_hand, "id": -1, "set_at": now + 2 * MINUTE}),
        job_row((install, JOB_TYPES[install]), CUSTOMER, "Completed", now + 3 * MINUTE),
    ]


def turned(state: str, job_types: tuple[int, ...], rival: dict[str, Any] | None, now: datetime) -> list[Op]:
    """A lead, a state set by hand, and the job that the lead became, or two at once; and perhaps another lead."""
    lead = {"id": 0, "customer_id": CUSTOMER, "status": "Converted", "created_on": now, "modified_on": now}
    other = [] if rival is None else [Op("leads", {**lead, "id": -1, **rival, "created_on": now + rival["created_on"]})]
    return [
        Op("leads", lead),
        *other,
        Op("state_updates", {"id": 0, "customer_id": CUSTOMER, "to_state": state, "set_at": now + MINUTE}),
        *(job_row((-at, each), CUSTOMER, "Scheduled", now + 2 * MINUTE) for at, each in enumerate(job_types)),
    ]
