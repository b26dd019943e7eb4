"""Which appointment a message names, and whether it lies ahead: delivery.md section 1 and the words of section 2."""

from collections.abc import Iterable
from datetime import datetime

from tests.flow_builder.simulation.records import BOOKED, Job, Transition, Visit
from tests.flow_builder.simulation.rows import Named
from tests.flow_builder.simulation.world import World


def ahead(job: Job | None, now: datetime) -> Visit | None:
    """The earliest that is on and ends after now; a canceled job has none."""
    if job is None or job.is_canceled:
        return None
    return min((visit for visit in job.visits.values() if visit.is_on and visit.end > now), key=by_start, default=None)


def appointment(world: World, transition: Transition, now: datetime) -> Named | None:
    job = world.job_of(transition)
    if job is None:
        return None
    if job.is_canceled:
        return named(latest(visit for visit in job.visits.values() if visit.is_active))
    on = [visit for visit in job.visits.values() if visit.is_on]
    event = world.events.get(transition.id)
    cause = next((visit for visit in on if event and visit.id == event.visit_id), None)
    return named(ahead(job, now) or cause or latest(on))


def latest(visits: Iterable[Visit]) -> Visit | None:
    return max(visits, key=by_start, default=None)


def by_start(visit: Visit) -> tuple[datetime, int]:
    return visit.start, visit.id


def named(visit: Visit | None) -> Named | None:
    return Named(visit.id, visit.start, visit.end, visit.start, visit.start) if visit else None


def is_booking(transition: Transition) -> bool:
    return transition.to_state in BOOKED and transition.job_id is not None


def is_booking_ahead(world: World, transition: Transition, now: datetime) -> bool:
    return is_booking(transition) and ahead(world.job_of(transition), now) is not None


def is_called_off(job: Job | None, told: Named) -> bool:
    visit = job and job.visits.get(told.id)
    return not (job and visit and visit.is_on) or job.is_canceled


def has_moved(job: Job | None, told: Named, now: datetime) -> bool:
    """Since it was told so, it has another time or is off, and it was to come or is now."""
    is_off = is_called_off(job, told)
    visit = ahead(job, now) if is_off or job is None else job.visits[told.id]
    if not is_off and named(visit) == told:
        return False
    return told.start > now or (visit is not None and visit.start > now)
