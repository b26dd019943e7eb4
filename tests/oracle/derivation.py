"""A whole derivation, and the log that derivations leave behind."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tests.oracle.customers import ends
from tests.oracle.events import Event, events
from tests.oracle.fold import Story, Transition, fold
from tests.oracle.records import Records
from tests.oracle.rules import Rules

SHIPPED = Rules()


def derive(records: Records, tenant: int, as_of: datetime, rules: Rules = SHIPPED) -> dict[int, Story]:
    """The story of each customer of the warehouse that is no alias."""
    in_force = rules.of(tenant)
    by_customer: dict[int, list[Event]] = defaultdict(list)
    for event in events(records, in_force):
        by_customer[event.customer].append(event)
    customers = set(ends(records).values())
    return {customer: fold(tenant, customer, by_customer[customer], as_of, in_force) for customer in customers}


@dataclass(frozen=True)
class News:
    """What came to one tenant since its last derivation.

    ``jobs`` are those that came, or changed their type, unit, customer or links; ``records`` came or changed anything.
    """

    are_rules_changed: bool = False
    records: frozenset[tuple[str, str]] = frozenset()  # table and id
    customers: frozenset[int] = frozenset()  # those that came
    jobs: frozenset[int] = frozenset()

    def has(self, transition: Transition) -> bool:
        record = transition.source_table, transition.source_id
        return record in self.records or transition.customer in self.customers or transition.job in self.jobs


@dataclass(frozen=True)
class Entry:
    transition: Transition
    detected_at: datetime
    retracted_at: datetime | None
    is_baseline: bool
    is_reclassified: bool


class Log:
    """Of one tenant; it only grows."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.has_baseline = False
        self.as_of: datetime | None = None  # of the last derivation

    def update(self, stories: Mapping[int, Story], as_of: datetime, news: News, *, is_complete: bool) -> None:
        """``is_complete``: a complete sync of the tenant came before this derivation."""
        derived = {each.transition_id: each for story in stories.values() for each in story.transitions}
        for identity, transition in derived.items():
            known = self.entries.get(identity) or self._inserted(transition, as_of, news)
            self.entries[identity] = replace(known, transition=transition, retracted_at=None)
        for identity, entry in self.entries.items():
            if identity not in derived and entry.retracted_at is None:
                self.entries[identity] = replace(entry, retracted_at=as_of)
        self.has_baseline = self.has_baseline or is_complete
        self.as_of = as_of

    def _inserted(self, transition: Transition, as_of: datetime, news: News) -> Entry:
        is_later = self.as_of is None or transition.occurred_at > self.as_of
        is_news = not news.are_rules_changed or is_later or news.has(transition)
        return Entry(transition, as_of, None, is_baseline=not self.has_baseline, is_reclassified=not is_news)
