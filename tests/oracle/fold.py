"""The fold: from a customer's events to its transitions and its state."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import md5

from tests.oracle.events import Event
from tests.oracle.rules import TenantRules

START = Decimal("0.0")


@dataclass(frozen=True)
class Transition:
    transition_id: str
    customer: int
    job: int | None
    from_state: Decimal
    to_state: Decimal
    event_name: str
    event_id: str
    source_table: str | None
    source_id: str | None
    occurred_at: datetime


@dataclass(frozen=True)
class Verdict:
    """What the fold made of an event; ``rule`` and ``from_state`` are unknown of one that waits."""

    event: Event
    verdict: str
    rule: str | None
    from_state: Decimal | None


@dataclass
class Story:
    """A customer, as far as it has come."""

    tenant: int
    customer: int
    rules: TenantRules
    state: Decimal = START
    job: int | None = None
    entered_at: datetime | None = None
    round: set[int] = field(default_factory=set)
    earlier_rounds: set[int] = field(default_factory=set)
    transitions: list[Transition] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def reset_due_at(self) -> datetime | None:
        days = self.rules.reset_after_days[self.state]
        return self.entered_at + timedelta(days=days) if days and self.entered_at else None

    def reset_by(self, now: datetime) -> None:
        due = self.reset_due_at
        if due and due <= now:
            event_id = f"reset:{self.transitions[-1].transition_id}"
            self._enter(START, None, due, "reset", event_id, None, None)
            self._begin_round()

    def meet(self, event: Event) -> None:
        self.reset_by(event.occurred_at)
        rule = "state_set" if event.event_name == "state_set" else self.rules.matrix[self.state, event.to_state]
        is_accepted = self._is_accepted(event, rule)
        self.verdicts.append(Verdict(event, "accepted" if is_accepted else "ignored", rule, self.state))
        if is_accepted:
            source = event.source_table, event.source_id
            self._enter(event.to_state, event.job, event.occurred_at, event.event_name, event.event_id, *source)
            if event.to_state in (0, 1) or rule == "new_job":
                self._begin_round()
        if event.job is not None:
            self.round.add(event.job)

    def _is_accepted(self, event: Event, rule: str) -> bool:
        is_new = event.job is not None and event.job not in self.round
        return {
            "accept": True,
            "ignore": False,
            "new_job": is_new,
            "another_job": is_new,
            "this_round": not (is_new and event.job in self.earlier_rounds),
            "each_job": event.job is not None and event.job != self.job,
            "state_set": event.to_state != self.state,
        }[rule]

    def _begin_round(self) -> None:
        self.earlier_rounds |= self.round
        self.round = set()

    def _enter(
        self,
        to_state: Decimal,
        job: int | None,
        at: datetime,
        name: str,
        event_id: str,
        source_table: str | None,
        source_id: str | None,
    ) -> None:
        identity = md5(f"{self.tenant}:{event_id}:{to_state}".encode()).hexdigest()
        self.transitions.append(
            Transition(
                *(identity, self.customer, job, self.state, to_state, name, event_id, source_table, source_id, at)
            )
        )
        self.state, self.job, self.entered_at = to_state, job, at


def fold(tenant: int, customer: int, events: Iterable[Event], as_of: datetime, rules: TenantRules) -> Story:
    story = Story(tenant, customer, rules)
    for event in sorted(events, key=lambda event: event.order):
        if event.occurred_at <= as_of:
            story.meet(event)
        else:
            story.verdicts.append(Verdict(event, "waiting", None, None))
    story.reset_by(as_of)
    return story
