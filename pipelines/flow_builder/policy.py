"""What is told of one customer, and what is not: delivery.md section 2, without any store."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pipelines.flow_builder.statuses import Status

Kind = Literal["changed", "corrected"]


@dataclass(frozen=True, slots=True)
class Transition:
    """One transition of the log, with what the outbox knows of it."""

    transition_id: str
    to_state: float
    flow_name: str | None
    occurred_at: datetime
    detected_at: datetime
    stands: bool = True
    known: bool = False  # it has a delivery that is planned, or is history
    told: bool = False  # that delivery told its state, of whomever
    is_reclassified: bool = False  # no customer and no office made it, but a changed rule


@dataclass(frozen=True, slots=True)
class ToldState:
    """The newest delivery that told a state of this customer."""

    state: float
    transition_id: str | None
    stands: bool


@dataclass(frozen=True, slots=True)
class Recipient:
    """``transitions``: in the fold's order, the standing ones and those that the outbox does not know."""

    is_active: bool  # neither inactive nor merged away
    transitions: Sequence[Transition]
    told: ToldState | None = None

    @property
    def newest(self) -> Transition | None:
        return next((transition for transition in reversed(self.transitions) if transition.stands), None)

    @property
    def state(self) -> float:
        return self.newest.to_state if self.newest else 0.0


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """One delivery to write; without a reason it is sent."""

    kind: Kind
    transition: Transition | None
    to_state: float
    reason: str | None = None
    superseded: bool = False
    told_state: float | None = None
    retracted_transition_id: str | None = None

    @property
    def status(self) -> Status:
        if self.reason is None:
            return Status.PENDING
        return Status.CANCELED if self.reason == "retracted" else Status.NOT_SENT

    @property
    def flow_name(self) -> str | None:
        if self.kind == "corrected" or self.superseded or self.reason or not self.transition:
            return None
        return self.transition.flow_name


@dataclass(frozen=True, slots=True)
class Candidate:
    """One unknown transition at its turn, and what the reasons ask about."""

    customer: Recipient
    transition: Transition
    told: ToldState | None  # with what this run has sent so far
    is_late: bool
    is_superseded: bool  # not the customer's newest any more
    max_age: timedelta
    skip_superseded: bool


def is_stale(case: Candidate) -> bool:
    return case.transition.detected_at - case.transition.occurred_at > case.max_age


def is_untold(case: Candidate) -> bool:
    return case.told is None and case.transition.flow_name is None


def is_replaced(case: Candidate) -> bool:
    return case.told is not None and case.told.state == case.transition.to_state and not case.told.stands


# The first that holds is the reason. Before them all comes the baseline, which asks about nothing else.
SUPPRESSION_RULES: Sequence[tuple[str, Callable[[Candidate], bool]]] = (
    ("retracted", lambda case: not case.transition.stands),
    ("reclassified", lambda case: case.transition.is_reclassified),
    ("inactive", lambda case: not case.customer.is_active),
    ("untold", is_untold),
    ("replaced", is_replaced),
    ("late", lambda case: case.is_late),
    ("stale", is_stale),
    ("superseded", lambda case: case.is_superseded and case.skip_superseded),
)


# Not sent by itself, but by a person who replays it: its body is kept.
REPLAYABLE = ("reclassified", "stale")


@dataclass(frozen=True, slots=True)
class Rules:
    max_age: timedelta
    skip_superseded: bool = False


def plan(customer: Recipient, rules: Rules) -> Iterator[PlannedDelivery]:
    """The deliveries that this customer's news asks for, in the order in which they leave."""
    told, newest = customer.told, customer.newest
    last_told = max((i for i, t in enumerate(customer.transitions) if t.told and t.stands), default=-1)
    for i, transition in enumerate(customer.transitions):
        if transition.known:
            continue
        superseded = transition is not newest
        case = Candidate(customer, transition, told, i < last_told, superseded, rules.max_age, rules.skip_superseded)
        reason = next((name for name, holds in SUPPRESSION_RULES if holds(case)), None)
        planned = PlannedDelivery("changed", transition, transition.to_state, reason, superseded)
        if reason is None:
            told = ToldState(transition.to_state, transition.transition_id, stands=True)
        yield planned
    if told and customer.is_active and told.state != customer.state:
        yield correction(customer, told)


def correction(customer: Recipient, told: ToldState) -> PlannedDelivery:
    return PlannedDelivery(
        "corrected",
        customer.newest,
        customer.state,
        told_state=told.state,
        retracted_transition_id=None if told.stands else told.transition_id,
    )
