"""Whether a visit still stands and lies where a mail says, and whether a job is still canceled, or done."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.simulator.flow_builder.books import Books, is_active, moment, needed
from tests.simulator.flow_builder.case import Case
from tests.simulator.flow_builder.causes import Cause
from tests.simulator.flow_builder.mails import Flow, Mail
from tests.simulator.wire import Record

KIND = {Flow.VISIT: "sales", Flow.SORRY: "sales", Flow.INSTALL: "install", Flow.RESCHEDULE: "install"} | {
    Flow.DONE: "install"
}
NO_LOSS = ("Duplicate entry", "Rescheduled", "Booked in error", "Out of area")
LONG = timedelta(days=14)
TOGETHER = timedelta(hours=2)


def against_the_job(case: Case) -> Iterator[Cause]:
    job = case.job
    if job is None or case.books.kind(job) != KIND[case.mail.flow]:
        yield Cause.NOT_THAT_KIND
        return
    if case.mail.flow.is_of_a_visit:
        yield from against_the_visit(case, job)
    elif case.mail.flow is Flow.DONE:
        yield from against_the_end(case, job)
    else:
        yield from against_the_cancellation(case, job)


# a visit that is announced


def against_the_visit(case: Case, job: Record) -> Iterator[Cause]:
    day = case.mail.day
    visit = case.books.find("appointments", day.appointment_id) if day else None
    if job["jobStatus"] == "Canceled" or (visit and is_active(visit) and visit["status"] == "Canceled"):
        yield Cause.VISIT_CANCELED
    elif day is None or visit is None or day.end <= case.at or job["jobStatus"] == "Completed":
        yield Cause.VISIT_OVER
    elif not is_active(visit) or needed(visit, "start") != day.start:
        yield Cause.VISIT_MOVED
    elif visit["status"] == "Done" or needed(visit, "end") <= case.at:
        yield Cause.VISIT_OVER
    elif any(is_the_same_visit(case, job, earlier) for earlier in case.before):
        yield Cause.ENTERED_TWICE


def is_the_same_visit(case: Case, job: Record, earlier: Mail) -> bool:
    """Of another job for the same place and hour, which is still on, and was announced as far."""
    other = case.books.find("jobs", earlier.job_id) if earlier.job_id else None
    if other is None or not (earlier.flow == case.mail.flow and earlier.number == case.mail.number):
        return False
    if other["id"] == job["id"] or other["locationId"] != job["locationId"] or not case.mail.day:
        return False
    visits = case.books.ahead(other, case.at)
    return any(abs(needed(visit, "start") - case.mail.day.start) <= TOGETHER for visit in visits)


# a job that is canceled


def against_the_cancellation(case: Case, job: Record) -> Iterator[Cause]:
    if job["jobStatus"] != "Canceled":
        yield Cause.NOT_CANCELED
        return
    entries = [one for one in case.books.cancellations(job) if is_active(one)]
    at = needed(entries[-1], "createdOn") if entries else needed(job, "modifiedOn")
    if entries and case.books.reason(entries[-1]) in NO_LOSS:
        yield Cause.NO_LOSS
    if any(visit["status"] == "Done" for visit in case.books.appointments(job)):
        yield Cause.VISITED
    if is_long_over(case.books, job, at):
        yield Cause.TIDIED_UP
    if any(is_instead(case, other, at) for other in case.jobs(KIND[case.mail.flow]) if other["id"] != job["id"]):
        yield Cause.REBOOKED
    elif case.mail.flow is Flow.SORRY and (case.sold_after(at) or case.booked_after("install", at)):
        yield Cause.MOVED_ON


def is_instead(case: Case, other: Record, canceled_at: datetime) -> bool:
    """It lies ahead, or was made after the cancellation."""
    visits = [] if other["jobStatus"] == "Canceled" else case.books.appointments(other)
    is_new = any(needed(visit, "createdOn") > canceled_at for visit in visits)
    return is_new or bool(case.books.ahead(other, case.at))


# a job that is done


def against_the_end(case: Case, job: Record) -> Iterator[Cause]:
    if job["jobStatus"] != "Completed" or any(is_to_come(case, job, one) for one in case.jobs("install")):
        yield Cause.NOT_DONE
    elif is_long_over(case.books, job, moment(job, "completedOn") or needed(job, "modifiedOn")):
        yield Cause.TIDIED_UP


def is_to_come(case: Case, job: Record, other: Record) -> bool:
    return is_same_work(job, other) and bool(case.books.ahead(other, case.at))


def is_same_work(job: Record, other: Record) -> bool:
    """Of one project, or, where one has none, in one house."""
    if job.get("projectId") and other.get("projectId"):
        return bool(job["projectId"] == other["projectId"])
    return bool(job["locationId"] == other["locationId"])


def is_long_over(books: Books, job: Record, then: datetime) -> bool:
    ends = [needed(visit, "end") for visit in books.appointments(job)]
    return bool(ends) and max(ends) < then - LONG
