"""A mail beside the records: what the rules of the judge look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.simulator.flow_builder.books import Books, is_active, moment, needed
from tests.simulator.flow_builder.mails import Flow, Mail
from tests.simulator.wire import Record

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Case:
    """``before``: the mails that the household got already."""

    mail: Mail
    books: Books
    before: Sequence[Mail] = ()

    @property
    def at(self) -> datetime:
        return self.mail.at

    @property
    def job(self) -> Record | None:
        return self.books.find("jobs", self.mail.job_id) if self.mail.job_id else None

    def jobs(self, kind: str) -> list[Record]:
        return self.books.jobs(self.mail.customer_id, kind)

    def estimates(self) -> list[Record]:
        return self.books.of_household("estimates", self.mail.customer_id)

    def booked_after(self, kind: str, then: datetime) -> bool:
        """A visit of such a job, which is on or took place."""
        on = [job for job in self.jobs(kind) if job["jobStatus"] != "Canceled"]
        return any(needed(visit, "createdOn") > then for job in on for visit in self.books.appointments(job))

    def sold_after(self, then: datetime) -> bool:
        return any(is_sold(one) and (moment(one, "soldOn") or then) > then for one in self.estimates())


def fact_of(mail: Mail, books: Books) -> tuple[object, ...]:
    """What a mail is about: two mails about the same say the same. Canceled and taken back, it is another fact."""
    job = books.find("jobs", mail.job_id) if mail.job_id else None
    canceled = len(books.cancellations(job)) if job else 0
    if mail.flow.is_of_a_visit:
        return mail.job_id, canceled, mail.day and mail.day.start
    if mail.flow in (Flow.SORRY, Flow.RESCHEDULE):
        return mail.job_id, canceled
    if mail.flow is Flow.SOLD:
        changes = books.children("estimate_status_changes", "estimateId", mail.source_id or 0)
        return mail.source_id, sum(change["newStatus"] == "Sold" for change in changes)
    if mail.flow is Flow.FOLLOW_UP:
        return (mail.source_id,)
    return (mail.job_id or mail.source_id,)


def is_settling(case: Case) -> bool:
    """Of a visit that was canceled a moment ago: whoever waits to see whether it is booked anew has not said it yet."""
    job = case.job
    entries = case.books.cancellations(job) if job and job["jobStatus"] == "Canceled" else []
    return bool(entries) and case.at - needed(entries[-1], "createdOn") <= HOUR


def happened_at(case: Case) -> datetime:
    """A job's cancellation, or an offer; of nothing else it is asked."""
    if case.mail.flow is Flow.UNSOLD:
        return needed(case.books.find("estimates", case.mail.source_id) or {}, "createdOn")
    entries = case.books.cancellations(case.job or {"id": 0})
    return max(needed(entry, "createdOn") for entry in entries)


def is_open(estimate: Record) -> bool:
    return is_active(estimate) and estimate["status"]["name"] == "Open"


def is_sold(estimate: Record) -> bool:
    return is_active(estimate) and estimate["status"]["name"] == "Sold"
