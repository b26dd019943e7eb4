"""One customer as a sync or the gate sees them: the transitions, what the records say of these, and the rows."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipelines.flow_builder.delivery import Delivery, Key
from pipelines.flow_builder.facts import Facts

SIDE_BY_SIDE = (2.0, 6.0)  # two visits, two houses


@dataclass(frozen=True, slots=True)
class Transition:
    """One of the log. ``is_reset``: it ends the state before it, for nothing had happened for too long."""

    transition_id: str
    to_state: float
    flow_name: str | None
    job_id: int | None
    occurred_at: datetime
    detected_at: datetime
    is_reset: bool = False
    is_completion: bool = False
    stands: bool = True
    is_baseline: bool = False
    is_reclassified: bool = False  # no customer and no office made it, but a changed rule


@dataclass(frozen=True)
class Customer:
    """``transitions``: in the fold's order, the standing ones and those that are news though they stand no longer.
    ``facts``: of the standing ones. ``rows``: in the order in which they leave, those that name the customer and those
    about the transitions. ``elsewhere``: transitions of the rows that stand, but are another customer's now."""

    key: Key
    is_active: bool  # neither inactive nor merged away
    is_alias: bool  # merged away
    transitions: Sequence[Transition]
    facts: Mapping[str | None, Facts] = field(default_factory=dict)
    rows: Sequence[Delivery] = ()
    elsewhere: Collection[str] = ()

    @property
    def standing(self) -> list[Transition]:
        return [transition for transition in self.transitions if transition.stands]


def current(standing: Sequence[Transition]) -> list[Transition]:
    """The newest, and those beside which it stands, in the fold's order."""
    return [*_side_by_side(standing)][::-1]


def lasting(standing: Sequence[Transition]) -> list[Transition]:
    """Those that are current, or would be but for their own reset."""
    ended = standing[:-1] if standing and standing[-1].is_reset else []
    return [*current(ended), *current(standing)]


def _side_by_side(standing: Sequence[Transition]) -> Iterator[Transition]:
    jobs = set[int]()
    for later in reversed(standing):
        alone = later.to_state not in SIDE_BY_SIDE or later.job_id is None
        if jobs and (alone or later.job_id in jobs or later.to_state != standing[-1].to_state):
            return
        yield later
        if alone or later.job_id is None:
            return
        jobs.add(later.job_id)


def newest_told(customer: Customer, rows: Sequence[Delivery]) -> Delivery | None:
    """Of what was said of this customer, and of no other who has become the same."""
    return next((row for row in reversed(rows) if row.is_told and row.key == customer.key), None)
