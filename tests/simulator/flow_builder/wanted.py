"""What a fair person would have wanted mailed: each thing that happened, as long as its first mail would be right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.simulator.flow_builder.books import Books, needed
from tests.simulator.flow_builder.case import Case
from tests.simulator.flow_builder.judge import Judge, matter
from tests.simulator.flow_builder.mails import Day, Flow, Mail
from tests.simulator.flow_builder.people import against_the_person
from tests.simulator.flow_builder.visits import is_same_work
from tests.simulator.office.facts import Fact
from tests.simulator.wire import Record

TURNS = 2  # syncs in a row that find it right: one that is wrong at the next had no time
LATELY = timedelta(days=30)
OF_A_JOB = {
    ("booked", "sales"): Flow.VISIT,
    ("booked", "install"): Flow.INSTALL,
    ("moved", "sales"): Flow.VISIT,
    ("moved", "install"): Flow.INSTALL,
    ("retyped", "sales"): Flow.VISIT,
    ("retyped", "install"): Flow.INSTALL,
    ("canceled", "sales"): Flow.SORRY,
    ("canceled", "install"): Flow.RESCHEDULE,
    ("held", "install"): Flow.DONE,
}
OTHERS = {
    "asked": ("lead_id", Flow.FOLLOW_UP),
    "offered": ("estimate_id", Flow.UNSOLD),
    "sold": ("estimate_id", Flow.SOLD),
}


@dataclass
class Wish:
    """``turns``: how many syncs in a row found that its mail would be right. ``is_beside``: of an install, while one of
    another house is booked, which the state model keeps to itself."""

    flow: Flow
    tenant_id: int
    customer_id: int
    entered_at: datetime
    job_id: int | None
    source_id: int | None
    story: str
    turns: int = 0
    is_beside: bool = False
    is_anew: bool = True  # a mail of before does not say it; but of a visit that moved one is enough


def wish_of(fact: Fact, tenant_id: int) -> Wish | None:
    """None where nobody expects a mail."""
    named, flow = OTHERS.get(fact.what, ("", OF_A_JOB.get((fact.what, fact.kind or ""))))
    if flow is None or fact.entered_at is None or fact.customer_id is None:
        return None
    source_id = fact.details[named] if named else None
    wish = Wish(flow, tenant_id, fact.customer_id, fact.entered_at, fact.job_id, source_id, fact.story)
    wish.is_anew = fact.what != "moved"
    return wish


class Wishes:
    """Beside one Flow Builder. ``wanted``: what was right for so long that its mail was to be expected."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.wanted: list[Wish] = []
        self._open: list[Wish] = []

    def add(self, facts: Sequence[Fact], tenant_id: int) -> None:
        self._open += filter(None, (wish_of(fact, tenant_id) for fact in facts))

    def look(self, tenant_id: int, books: Books, now: datetime) -> None:
        """After a sync that read the tenant, and whose mails have left."""
        ours = [wish for wish in self._open if wish.tenant_id == tenant_id]
        self._open = [wish for wish in self._open if wish.tenant_id != tenant_id]
        for wish in ours:
            if now <= wish.entered_at + wish.flow.patience:
                self._open.append(wish)
            elif self._is_right(wish, books, now):
                wish.turns += 1
                wish.is_beside = is_beside_another(wish, books, now)
                (self.wanted if wish.turns == TURNS else self._open).append(wish)

    def missing(self, books: Mapping[int, Books]) -> list[Wish]:
        return [wish for wish in self.wanted if not self._is_granted(wish, books[wish.tenant_id])]

    def _is_right(self, wish: Wish, books: Books, now: datetime) -> bool:
        mail = would_be(wish, books, now)
        if mail is None or is_part_of_open_work(wish, books):
            return False
        case = Case(mail, books, [one for one, _ in self.judge.sent_to(mail.tenant_id, mail.customer_id, books)])
        return not any(matter(case)) and not any(against_the_person(case))

    def _is_granted(self, wish: Wish, books: Books) -> bool:
        sent = [mail for mail, _ in self.judge.sent_to(wish.tenant_id, wish.customer_id, books)]
        return any(mail.number == 0 and mail.flow is wish.flow and says(mail, wish, books) for mail in sent)


def would_be(wish: Wish, books: Books, now: datetime) -> Mail | None:
    """The first mail about it, if it were written now; None where there is nobody to write to, or no day to name."""
    customer_id = books.survivor(wish.customer_id)
    addresses = [address for owner in books.household(customer_id) for address, _ in books.addresses(owner)]
    job = books.find("jobs", wish.job_id) if wish.job_id else None
    lead = books.find("leads", wish.source_id) if wish.flow is Flow.FOLLOW_UP else None
    ahead = sorted(books.ahead(job, now), key=lambda one: needed(one, "start")) if job else []
    if not addresses or (lead and not lead.get("customerId")) or (wish.flow.is_of_a_visit and not ahead):
        return None
    day = Day(ahead[0]["id"], needed(ahead[0], "start"), needed(ahead[0], "end")) if ahead else None
    return Mail(now, wish.flow, 0, wish.tenant_id, customer_id, "", addresses[0], wish.job_id, wish.source_id, day)


def installs_beside(wish: Wish, books: Books) -> list[tuple[bool, Record]]:
    """The customer's other install jobs, and whether they are of the same work."""
    job = books.find("jobs", wish.job_id)
    others = books.jobs(wish.customer_id, "install") if job else []
    return [(is_same_work(job, other), other) for other in others if job and other["id"] != job["id"]]


def is_part_of_open_work(wish: Wish, books: Books) -> bool:
    """Nobody says that it is done before the last of its jobs is closed."""
    closed = ("Completed", "Canceled")
    beside = installs_beside(wish, books) if wish.flow is Flow.DONE else []
    return any(is_same and other["jobStatus"] not in closed for is_same, other in beside)


def is_beside_another(wish: Wish, books: Books, now: datetime) -> bool:
    beside = installs_beside(wish, books) if wish.flow is Flow.INSTALL else []
    return any(not is_same and books.ahead(other, now) for is_same, other in beside)


def says(mail: Mail, wish: Wish, books: Books) -> bool:
    """It does so, or has lately said it of another part of the same: a job of the same work, an option of the offer."""
    if (mail.source_id if wish.source_id else mail.job_id) == (wish.source_id or wish.job_id):
        return mail.at >= wish.entered_at or not wish.is_anew
    return mail.at > wish.entered_at - LATELY and (is_of_one_offer if wish.source_id else is_of_one_work)(
        mail, wish, books
    )


def is_of_one_work(mail: Mail, wish: Wish, books: Books) -> bool:
    job, other = books.find("jobs", wish.job_id), books.find("jobs", mail.job_id)
    return bool(job and other and wish.flow in (Flow.INSTALL, Flow.DONE) and is_same_work(job, other))


def is_of_one_offer(mail: Mail, wish: Wish, books: Books) -> bool:
    ours, other = books.find("estimates", wish.source_id), books.find("estimates", mail.source_id)
    return bool(ours and other and ours.get("jobId") and ours["jobId"] == other.get("jobId"))
