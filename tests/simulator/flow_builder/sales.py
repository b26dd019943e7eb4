"""Whether a question, an offer or a sale is still what a mail takes it for."""

from collections.abc import Callable, Iterator, Mapping

from tests.simulator.flow_builder.books import is_active, moment, needed
from tests.simulator.flow_builder.case import Case, is_open, is_sold
from tests.simulator.flow_builder.causes import Cause
from tests.simulator.flow_builder.mails import Flow
from tests.simulator.wire import Record


def against_the_question(case: Case) -> Iterator[Cause]:
    lead = case.books.find("leads", case.mail.source_id)
    if lead is None or not is_active(lead) or lead["status"] != "Open":
        yield Cause.LEAD_CLOSED
        return
    asked_at = needed(lead, "createdOn")
    if case.booked_after("sales", asked_at) or case.booked_after("install", asked_at) or case.sold_after(asked_at):
        yield Cause.MOVED_ON


def against_the_offer(case: Case) -> Iterator[Cause]:
    estimate = case.books.find("estimates", case.mail.source_id)
    if estimate is None or is_of_service(case, estimate):
        yield Cause.NOT_THAT_KIND
        return
    since, ones = needed(estimate, "createdOn"), beside(case, estimate)
    if any(is_sold(one) for one in ones):
        yield Cause.ALREADY_SOLD
    elif not any(is_open(one) for one in ones):
        yield Cause.ESTIMATE_CLOSED
    elif case.booked_after("install", since):
        yield Cause.MOVED_ON


def against_the_sale(case: Case) -> Iterator[Cause]:
    estimate = case.books.find("estimates", case.mail.source_id)
    if estimate is None or is_of_service(case, estimate):
        yield Cause.NOT_THAT_KIND
        return
    sold = [one for one in beside(case, estimate) if is_sold(one)]
    if not sold:
        yield Cause.NOT_SOLD
        return
    since = min(moment(one, "soldOn") or needed(one, "modifiedOn") for one in sold)
    if case.booked_after("install", since):
        yield Cause.MOVED_ON


def beside(case: Case, estimate: Record) -> list[Record]:
    """Itself, the other options of its visit, and what was written later."""
    since = needed(estimate, "createdOn")
    return [
        one
        for one in case.estimates()
        if one["id"] == estimate["id"]
        or (estimate.get("jobId") and one.get("jobId") == estimate["jobId"])
        or needed(one, "createdOn") > since
    ]


def is_of_service(case: Case, estimate: Record) -> bool:
    job = case.books.find("jobs", estimate["jobId"]) if estimate.get("jobId") else None
    return job is not None and case.books.kind(job) == "other"


RULES: Mapping[Flow, Callable[[Case], Iterator[Cause]]] = {
    Flow.FOLLOW_UP: against_the_question,
    Flow.UNSOLD: against_the_offer,
    Flow.SOLD: against_the_sale,
}
