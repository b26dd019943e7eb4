"""A whole derivation, and the log that derivations leave behind."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tests.oracle.customers import ends
from tests.oracle.events import Event, events
from tests.oracle.fold import Story, Transition, fold
from tests.oracle.records import Records


def derive(records: Records, tenant: int, as_of: datetime) -> dict[int, Story]:
    """The story of each customer of the warehouse that is no alias."""
    by_customer: dict[int, list[Event]] = defaultdict(list)
    for event in events(records, tenant):
        by_customer[event.customer].append(event)
    return {customer: fold(tenant, customer, by_customer[customer], as_of) for customer in set(ends(records).values())}


@dataclass(frozen=True)
class Entry:
    transition: Transition
    detected_at: datetime
    retracted_at: datetime | None
    is_baseline: bool


class Log:
    """Of one tenant; it only grows."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.has_baseline = False

    def update(self, stories: Mapping[int, Story], as_of: datetime, *, is_complete: bool) -> None:
        """``is_complete``: a complete sync of the tenant came before this derivation."""
        derived = {each.transition_id: each for story in stories.values() for each in story.transitions}
        for identity, transition in derived.items():
            known = self.entries.get(identity) or Entry(transition, as_of, None, not self.has_baseline)
            self.entries[identity] = replace(known, transition=transition, retracted_at=None)
        for identity, entry in self.entries.items():
            if identity not in derived and entry.retracted_at is None:
                self.entries[identity] = replace(entry, retracted_at=as_of)
        self.has_baseline = self.has_baseline or is_complete
