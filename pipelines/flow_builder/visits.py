"""Which of a job's appointments a message is about: delivery.md section 1."""

from datetime import UTC, datetime

from msgspec import Struct

from pipelines.flow_builder.facts import Facts, Visit

BOOKED = (2.0, 5.0)
UNDATED = datetime.min.replace(tzinfo=UTC)


class Appointment(Struct, frozen=True):
    """As a message names it."""

    id: int
    start: datetime | None
    end: datetime | None
    arrival_window_start: datetime | None
    arrival_window_end: datetime | None


def named(visit: Visit) -> Appointment:
    return Appointment(
        visit.id, visit.starts_at, visit.ends_at, visit.arrival_window_starts_at, visit.arrival_window_ends_at
    )


def is_booking(to_state: float, job_id: int | None) -> bool:
    return to_state in BOOKED and job_id is not None


def is_on(facts: Facts, visit: Visit) -> bool:
    """It is not called off."""
    return visit.is_active and visit.status != "Canceled" and facts.job_status != "Canceled"


def visit_ahead(facts: Facts, now: datetime) -> Visit | None:
    ahead = [visit for visit in facts.visits if is_on(facts, visit) and visit.ends_at and visit.ends_at > now]
    return min(ahead, key=_by_start, default=None)


def chosen_visit(facts: Facts, now: datetime) -> Visit | None:
    """The earliest ahead; without one the evidence, else the latest. Of a job that is canceled, the latest."""
    if ahead := visit_ahead(facts, now):
        return ahead
    if facts.job_status == "Canceled":
        return max((visit for visit in facts.visits if visit.is_active), key=_by_start, default=None)
    possible = [visit for visit in facts.visits if is_on(facts, visit)]
    evidence = [visit for visit in possible if (facts.source_table, facts.source_id) == ("appointments", str(visit.id))]
    return max(evidence or possible, key=_by_start, default=None)


def visit_of(facts: Facts, appointment: Appointment) -> Visit | None:
    return next((visit for visit in facts.visits if visit.id == appointment.id), None)


def _by_start(visit: Visit) -> tuple[datetime, int]:
    return visit.starts_at or UNDATED, visit.id
