"""A state can be true and its mail wrong: the words of ``customer_states.suppressed_by`` (delivery.md section 2)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipelines.flow_builder.contact_choice import chosen_email
from pipelines.flow_builder.customer import Customer, Transition
from pipelines.flow_builder.delivery import Delivery, Situation
from pipelines.flow_builder.facts import Facts
from pipelines.flow_builder.visits import chosen_visit, is_on, visit_ahead, visit_of

TIDY_UP = timedelta(days=14)  # after the last visit, nobody waits any more for what the office enters
SAME_VISIT = timedelta(hours=2)
CANCELED = (2.5, 5.5)


@dataclass(frozen=True, slots=True)
class Case:
    """A transition that may start its flow; ``earlier``: the rows before its own."""

    customer: Customer
    transition: Transition
    facts: Facts
    earlier: Sequence[Delivery]
    situation: Situation


def is_past(case: Case) -> bool:
    return case.facts.job_id is not None and visit_ahead(case.facts, case.situation.now) is None


def is_over(case: Case) -> bool:
    """Somebody tidies up."""
    active = [visit for visit in case.facts.visits if visit.is_active]
    if case.facts.to_state in CANCELED and any(visit.status == "Done" for visit in active):
        return True
    last = max((visit.ends_at for visit in active if visit.ends_at), default=None)
    ended_at = case.facts.job_ended_at
    return bool(last and ended_at and ended_at - last > TIDY_UP)


def is_twice(case: Case) -> bool:
    """Two people have entered one visit."""
    visit = chosen_visit(case.facts, case.situation.now)
    if visit is None or visit.starts_at is None or case.facts.location_id is None:
        return False
    for row in case.earlier:
        other = case.customer.facts.get(row.transition_id)
        if not (other and row.appointment and row.is_told and row.flow_name == case.transition.flow_name):
            continue
        if (other.to_state, other.location_id) != (2.0, case.facts.location_id) or other.job_id == case.facts.job_id:
            continue
        told = visit_of(other, row.appointment)
        if told and is_on(other, told) and told.starts_at and abs(told.starts_at - visit.starts_at) <= SAME_VISIT:
            return True
    return False


def is_converted(case: Case) -> bool:
    return case.facts.source_table == "leads" and case.facts.lead_status not in (None, "Open")


def is_opted_out(case: Case) -> bool:
    email = chosen_email(case.facts)
    return email is not None and email.is_opted_out


def has_no_address(case: Case) -> bool:
    return case.situation.include_contact and chosen_email(case.facts) is None


REASONS: Mapping[str, Callable[[Case], bool]] = {
    "past": is_past,
    "over": is_over,
    "twice": is_twice,
    "converted": is_converted,
    "do_not_service": lambda case: case.facts.is_do_not_service,
    "do_not_mail": lambda case: case.facts.is_do_not_mail,
    "marketing_opt_out": is_opted_out,
    "cancel_reason": lambda case: case.facts.is_cancel_reason_silent,
    "by_hand": lambda case: not case.facts.is_flow_wanted,
    "commercial": lambda case: case.facts.customer_type == "Commercial",
    "no_address": has_no_address,
}
ENDS_RUNS = ("do_not_service", "do_not_mail", "marketing_opt_out", "converted")


def suppressions(case: Case) -> list[str]:
    """All that hold, of those that the state lists, in the order of its list."""
    words = (case.facts.suppressed_by or "").split()
    return [word for word in words if word in REASONS and REASONS[word](case)]
