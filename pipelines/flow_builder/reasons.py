"""Why a transition is not sent: delivery.md section 2, step 2."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipelines.flow_builder.customer import Transition, newest_told
from pipelines.flow_builder.delivery import Delivery
from pipelines.flow_builder.outlook import Outlook
from pipelines.flow_builder.visits import is_booking


@dataclass(frozen=True, slots=True)
class Candidate:
    """One transition that may be told, at its turn; ``earlier``: the rows before its own."""

    outlook: Outlook
    transition: Transition
    earlier: Sequence[Delivery]

    @property
    def told(self) -> Delivery | None:
        return newest_told(self.outlook.customer, self.earlier)


def is_untold(case: Candidate) -> bool:
    return case.transition.flow_name is None and case.told is None


def is_replaced(case: Candidate) -> bool:
    """The cause has changed, the state has not."""
    told, transition = case.told, case.transition
    if told is None or told.told_state != transition.to_state or case.outlook.stands(told):
        return False
    is_another = told.job_id is not None and told.job_id != transition.job_id
    return not (is_another and is_booking(transition.to_state, transition.job_id))


def is_late(case: Candidate) -> bool:
    """A later one was told already, of whomever."""
    later = set[str]() if case.outlook.is_current(case.transition) else case.outlook.after(case.transition)
    return any(row.is_told and row.transition_id in later for row in case.earlier)


def is_stale(case: Candidate) -> bool:
    age = case.transition.detected_at - case.transition.occurred_at
    return age > case.outlook.situation.max_age and not case.outlook.is_booked_ahead(case.transition)


def is_superseded(case: Candidate) -> bool:
    return case.outlook.situation.skip_superseded and not case.outlook.is_current(case.transition)


def is_expired(case: Candidate) -> bool:
    """Of what waits."""
    age = case.outlook.situation.now - case.transition.occurred_at
    return age > case.outlook.situation.max_age and not case.outlook.is_booked_ahead(case.transition)


# The first that holds is the reason. Before them all comes the baseline, which asks about nothing else.
REASONS: Mapping[str, Callable[[Candidate], bool]] = {
    "retracted": lambda case: not case.transition.stands,
    "reclassified": lambda case: case.transition.is_reclassified,
    "shadow": lambda case: case.outlook.situation.is_shadow,
    "inactive": lambda case: not case.outlook.customer.is_active,
    "untold": is_untold,
    "replaced": is_replaced,
    "late": is_late,
    "stale": is_stale,
    "superseded": is_superseded,
    "expired": is_expired,
}
WHEN_NEW = tuple(name for name in REASONS if name != "expired")
NOT_WHEN_TOLD_AGAIN = ("reclassified",)


def reason(case: Candidate, row: Delivery, names: Iterable[str]) -> str | None:
    """The first that holds, of those that ask about this row and that no person overrode."""
    is_again = row.webhook_id != row.transition_id
    asked = (name for name in names if not (is_again and name in NOT_WHEN_TOLD_AGAIN))
    return next((name for name in asked if not row.is_overridden(name) and REASONS[name](case)), None)
