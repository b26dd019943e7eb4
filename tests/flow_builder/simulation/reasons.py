"""Why a transition is not told, or starts no flow: the lists of delivery.md section 2."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.flow_builder.delivery import Key
from tests.flow_builder.simulation.current import current
from tests.flow_builder.simulation.records import CANCELLATIONS, SIDE_BY_SIDE, Event, Person, StateRule, Transition
from tests.flow_builder.simulation.rows import Named, Row
from tests.flow_builder.simulation.visits import ahead, appointment, by_start, is_booking, is_booking_ahead
from tests.flow_builder.simulation.world import World

TWO_HOURS, TWO_WEEKS = timedelta(hours=2), timedelta(days=14)
NOT_OVERRIDDEN = ("shadow", "inactive")


@dataclass(frozen=True)
class Rules:
    max_age: timedelta
    skip_superseded: bool


@dataclass(frozen=True)
class Case:
    """One transition that stands, the rows before it, and the moment."""

    world: World
    rules: Rules
    key: Key
    transition: Transition
    before: Sequence[Row]
    now: datetime
    is_shadow: bool
    overrides: str = ""

    @property
    def standing(self) -> list[Transition]:
        return self.world.history(self.key)

    @property
    def event(self) -> Event | None:
        return self.world.events.get(self.transition.id)

    @property
    def person(self) -> Person:
        return self.world.people[self.key]

    @property
    def rule(self) -> StateRule:
        return self.world.states[self.transition.to_state]

    @property
    def is_current(self) -> bool:
        return self.transition in current(self.standing)

    @property
    def is_superseded(self) -> bool:
        return not self.is_current and not self.overridden("superseded")

    @property
    def told(self) -> Row | None:
        """The newest that was told of the customer."""
        return next((row for row in reversed(self.before) if row.key == self.key and row.told), None)

    def overridden(self, reason: str) -> bool:
        return reason in self.overrides.split() or (self.overrides == "all" and reason not in NOT_OVERRIDDEN)


def is_replaced(case: Case) -> bool:
    told = case.told
    if told is None or told.state != case.transition.to_state:
        return False
    if is_booking(case.transition) and told.job_id not in (None, case.transition.job_id):
        return False
    return told.transition_id is None or not case.world.log[told.transition_id].stands


def is_late(case: Case) -> bool:
    if case.is_current:
        return False
    later = case.standing[case.standing.index(case.transition) + 1 :]
    return bool({one.id for one in later} & {row.transition_id for row in case.before if row.told})


def is_stale(case: Case) -> bool:
    is_old = case.transition.detected_at - case.transition.occurred_at > case.rules.max_age
    return is_old and not is_booking_ahead(case.world, case.transition, case.now)


def is_expired(case: Case) -> bool:
    is_old = case.now - case.transition.occurred_at > case.rules.max_age
    return is_old and not is_booking_ahead(case.world, case.transition, case.now)


Test = Callable[[Case], bool]
NOT_SENT: dict[str, Test] = {
    "reclassified": lambda case: case.transition.is_reclassified,
    "shadow": lambda case: case.is_shadow,
    "inactive": lambda case: not case.world.is_active(case.key),
    "untold": lambda case: case.rule.flow_name is None and case.told is None,
    "replaced": is_replaced,
    "late": is_late,
    "stale": is_stale,
    "superseded": lambda case: not case.is_current and case.rules.skip_superseded,
    "expired": is_expired,
}


def not_sent(case: Case, besides: Sequence[str]) -> str | None:
    """The first that holds, besides these, and that nobody overrode."""
    asked = (reason for reason in NOT_SENT if reason not in besides and not case.overridden(reason))
    return next((reason for reason in asked if NOT_SENT[reason](case)), None)


def is_past(case: Case) -> bool:
    return case.transition.job_id is not None and ahead(case.world.job_of(case.transition), case.now) is None


def is_over(case: Case) -> bool:
    """The office tidies up."""
    job = case.world.job_of(case.transition)
    visits = [visit for visit in job.visits.values() if visit.is_active] if job else []
    if not job or not visits:
        return False
    last = max(visits, key=by_start)
    if job.ended_at and job.ended_at - last.end > TWO_WEEKS:
        return True
    return case.transition.to_state in CANCELLATIONS and any(visit.status == "Done" for visit in visits)


def is_twice(case: Case) -> bool:
    mine = appointment(case.world, case.transition, case.now)
    return mine is not None and any(is_the_same_visit(case, mine, row) for row in case.before)


def is_the_same_visit(case: Case, mine: Named, row: Row) -> bool:
    if not (row.told and row.flow_name == case.rule.flow_name and row.appointment and row.transition_id):
        return False
    other, job = case.world.log[row.transition_id], case.world.job_of(case.transition)
    others = case.world.job_of(other)
    is_another = other.stands and other.to_state == SIDE_BY_SIDE[0] and others is not None and others is not job
    if not (is_another and others and job and others.location_id and others.location_id == job.location_id):
        return False
    visit = others.visits.get(row.appointment.id)
    is_on = visit is not None and visit.is_on and not others.is_canceled
    return is_on and visit is not None and abs(visit.start - mine.start) <= TWO_HOURS


def has_opted_out(case: Case) -> bool:
    readable = case.person.readable()
    return bool(readable) and readable[0][1]


def is_converted(case: Case) -> bool:
    return case.event is not None and case.event.lead_status not in (None, "Open")


def has_a_silent_reason(case: Case) -> bool:
    job = case.world.job_of(case.transition)
    return job is not None and job.is_canceled and job.is_silent


SUPPRESSED: dict[str, Test] = {
    "past": is_past,
    "over": is_over,
    "twice": is_twice,
    "converted": is_converted,
    "do_not_service": lambda case: case.person.do_not_service,
    "do_not_mail": lambda case: case.person.do_not_mail,
    "marketing_opt_out": has_opted_out,
    "cancel_reason": has_a_silent_reason,
    "by_hand": lambda case: case.event is not None and not case.event.starts_flow,
    "commercial": lambda case: case.person.type == "Commercial",
    "no_address": lambda case: not case.person.readable(),
}


def suppressed(case: Case) -> str | None:
    """The first that holds of those that the state lists."""
    if case.rule.flow_name is None or case.is_superseded:
        return None
    words = case.rule.suppressed_by
    return next((one for one in words if not case.overridden(one) and SUPPRESSED[one](case)), None)
