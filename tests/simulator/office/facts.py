"""What really happened, whatever the records say of it."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

WHAT = (
    *("came", "asked", "dismissed", "converted", "booked", "moved", "begun", "canceled", "uncanceled", "held"),
    *(
        "retyped",
        "offered",
        "sold",
        "unsold",
        "declined",
        "merged",
        "deactivated",
        "opted_out",
        "no_mail",
        "no_service",
    ),
    *("second_house", "contact_changed", "contact_gone", "renamed"),
)


@dataclass(frozen=True)
class Fact:
    """``at``: when it happened; ``entered_at``: when the office typed it, None where nobody did.

    ``what`` is one of `WHAT`; ``kind`` (sales, install, other) is what the job is to the people who do it. ``held``:
    the visit took place, and its work was done. ``story``: what it is a part of, such as ``call_back``. ``details``:
    start, reason, location_id, project_id, email … as far as they belong to it.
    """

    at: datetime
    entered_at: datetime | None
    customer_id: int | None
    what: str
    kind: str | None = None
    job_id: int | None = None
    story: str = ""
    details: dict[str, Any] = field(default_factory=dict, hash=False)


class Truth:
    """Of one company, in the order in which the office came to know; what nobody typed stands where it happened."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self._became: dict[int, int] = {}

    def add(self, fact: Fact) -> None:
        assert fact.what in WHAT, fact.what
        self.facts.append(fact)
        if fact.what == "merged" and fact.customer_id is not None:
            self._became[fact.customer_id] = fact.details["into"]

    def of(self, customer_id: int) -> list[Fact]:
        """Of the customer, and of those who were merged into it."""
        return self.by_customer().get(customer_id, [])

    def by_customer(self) -> dict[int, list[Fact]]:
        """Of every survivor."""
        found: defaultdict[int, list[Fact]] = defaultdict(list)
        for one in self.facts:
            if one.customer_id is not None:
                found[self.survivor(one.customer_id)].append(one)
        return dict(found)

    def survivor(self, customer_id: int) -> int:
        while customer_id in self._became:
            customer_id = self._became[customer_id]
        return customer_id

    def counts(self) -> Counter[str]:
        """By ``what``, and by ``story``."""
        return Counter(fact.what for fact in self.facts) + Counter(fact.story for fact in self.facts if fact.story)
