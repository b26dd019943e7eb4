"""Judges each mail at its moment by the records alone: it knows nothing of the product, nor of what starts a flow."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tests.simulator.flow_builder import sales
from tests.simulator.flow_builder.books import Books
from tests.simulator.flow_builder.case import Case, fact_of, happened_at, is_settling
from tests.simulator.flow_builder.causes import Cause
from tests.simulator.flow_builder.mails import Mail
from tests.simulator.flow_builder.people import against_the_person
from tests.simulator.flow_builder.visits import against_the_job


@dataclass(frozen=True)
class Verdict:
    """``was_right``: by the records of the last sync it was no mistake. ``is_merged``: the customer was merged since
    the flow began. ``is_settling``: of a visit that was canceled within the hour."""

    mail: Mail
    causes: tuple[Cause, ...]
    was_right: bool = False
    is_merged: bool = False
    is_settling: bool = False


class Judge:
    """Of one Flow Builder's mails, in the order in which they leave."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []
        self._fresh: list[tuple[datetime, int]] = []  # until when a verdict may change, and its place
        self._sent: defaultdict[tuple[int, int], list[tuple[Mail, tuple[object, ...]]]] = defaultdict(list)

    def look(self, mail: Mail, now: Books, then: Books) -> Verdict:
        """``then``: the records as the last sync read them."""
        causes, fact = tuple(self.against(mail, now)), fact_of(mail, now)
        was_right = bool(causes) and not any(True for _ in self.against(mail, then))
        is_merged = now.survivor(mail.customer_id) != mail.customer_id
        settles = mail.flow.is_of_a_visit and bool(causes) and is_settling(Case(mail, now))
        verdict = Verdict(mail, causes, was_right, is_merged, settles)
        if mail.number == 0 and not causes and mail.flow.patience:
            self._fresh.append((happened_at(Case(mail, now)) + mail.flow.patience, len(self.verdicts)))
        self.verdicts.append(verdict)
        self._sent[mail.tenant_id, mail.customer_id].append((mail, fact))
        return verdict

    def look_back(self, tenant_id: int, books: Books, now: datetime) -> None:
        """At what was mailed while it was fresh: was it undone before a considerate person would have written?"""
        self._fresh = [(until, place) for until, place in self._fresh if until >= now]
        for _, place in self._fresh:
            verdict = self.verdicts[place]
            mail = replace(verdict.mail, at=now)
            if mail.tenant_id == tenant_id and not verdict.causes and any(matter(Case(mail, books))):
                self.verdicts[place] = replace(verdict, causes=(Cause.TOO_SOON,))

    def against(self, mail: Mail, books: Books) -> Iterator[Cause]:
        sent = self.sent_to(mail.tenant_id, mail.customer_id, books)
        case = Case(mail, books, [earlier for earlier, _ in sent])
        yield from matter(case)
        if is_said_before(mail, fact_of(mail, books), sent):
            yield Cause.SAID_BEFORE
        yield from against_the_person(case)

    def sent_to(self, tenant_id: int, customer_id: int, books: Books) -> list[tuple[Mail, tuple[object, ...]]]:
        found = [one for owner in books.household(customer_id) for one in self._sent[tenant_id, owner]]
        return sorted(found, key=lambda one: one[0].at)


def matter(case: Case) -> Iterator[Cause]:
    return sales.RULES.get(case.mail.flow, against_the_job)(case)


def is_said_before(mail: Mail, fact: object, sent: Sequence[tuple[Mail, object]]) -> bool:
    """And nothing else was said in between, which would have made it news again."""
    for earlier, its_fact in reversed(sent):
        if earlier.flow != mail.flow:
            return False
        if earlier.number == mail.number and its_fact == fact:
            return True
    return False
