"""The report's figures of some tenants and a period."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pipelines.report.period import Period
from pipelines.report.questions import Mails, Moves, Person, Sales, Standing

# What can become of a message, in words.
BECAME: Mapping[str, str] = {
    "started": "flow started",
    "no_flow": "told, no flow",
    "waiting": "waiting",
    "held": "held",
    "dead": "dead",
    "not_sent": "not sent",
    "canceled": "canceled",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the funnel. ``customers``: who came so far at least; of those who came no further, how many are under
    way and how many are gone, that is back in state 0."""

    stage: int
    name: str
    customers: int
    under_way: int
    gone: int
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class TimeInState:
    """``now``: those in it, by how long; ``stays`` that have ended, and how long they were on average."""

    state: float
    now: Standing
    stays: int
    average_days: float | None


@dataclass(frozen=True, slots=True)
class Flow:
    """``name``: None for sales after no flow. ``became``: messages by what became of them; ``sales``: those of which it
    is the last flow that was started before, see `Earned`."""

    name: str | None
    became: Mapping[str, int]
    sales: int
    sold_subtotal: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """``states``: number -> name. ``over_time``: per week, day of its last count -> customers per state.

    In ``moves``, ``mails`` and ``sales`` week 0 is the period's first."""

    as_of: datetime
    period: Period
    states: Mapping[float, str]
    funnel: tuple[Stage, ...]
    over_time: Mapping[date, Mapping[float, int]]
    moves: tuple[Moves, ...]
    time_in_state: tuple[TimeInState, ...]
    longest: tuple[Person, ...]
    flows: tuple[Flow, ...]
    mails: tuple[Mails, ...]
    sales: tuple[Sales, ...]

    def name(self, state: float) -> str:
        return self.states.get(state, f"{state:g}")

    @property
    def entered(self) -> int:
        return self.funnel[0].customers if self.funnel else 0

    @property
    def started(self) -> int:
        """Messages that started their flow."""
        return sum(one.messages for one in self.mails if one.became == "started")

    @property
    def sold(self) -> int:
        return sum(one.sales for one in self.sales)

    @property
    def sold_subtotal(self) -> Decimal:
        return sum((one.sold_subtotal for one in self.sales), Decimal())
