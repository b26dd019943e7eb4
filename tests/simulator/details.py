"""What can be read of one record beside the record itself."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from tests.simulator.answers import Page
from tests.simulator.crm_endpoints import BOOKINGS
from tests.simulator.crm_writes import check_provider
from tests.simulator.filters import numbers
from tests.simulator.forms import in_form
from tests.simulator.listing import PAGING, cut, list_page, parsed
from tests.simulator.visit import Visit
from tests.simulator.wire import Record, dumps


def contacts_of_customer(visit: Visit) -> Page:
    visit.company.get("customers", visit.path["id"])
    contacts = visit.company.children("customer_contacts", "customerId", visit.path["id"])
    form = [in_form("customer_contacts", c, "list", visit.switches.schema) for c in contacts if c["active"]]
    return _page(visit, [_without(contact, "customerId") for contact in form])


def contacts_of_booking(visit: Visit) -> Page:
    visit.company.get("bookings", visit.path["id"])
    contacts = visit.company.children("booking_contacts", "bookingId", visit.path["id"])
    return _page(visit, [_without(contact, "bookingId") for contact in contacts])


def bookings_of_provider(visit: Visit) -> Page:
    check_provider(visit)
    return list_page(BOOKINGS, visit.company, visit.params, visit.switches)


def booking_of_provider(visit: Visit) -> Record:
    check_provider(visit)
    return visit.shown("bookings", visit.path["id"])


def canceled_log(visit: Visit) -> Page:
    visit.company.get("jobs", visit.path["id"])
    return _page(visit, visit.company.children("job_canceled_logs", "jobId", visit.path["id"]))


def cancel_reasons(visit: Visit) -> Page:
    """Of the jobs in ``ids``."""
    reasons = {reason["id"]: reason["name"] for reason in visit.company.records("job_cancel_reasons")}
    asked = parsed(numbers("jobId"), visit.params, "ids")
    rows = [row for row in visit.company.tables["job_canceled_logs"].rows.values() if asked(row)]
    entries = [row.record for row in rows if row.record["active"]]
    return _page(
        visit,
        [
            {
                "jobId": entry["jobId"],
                "reasonId": entry["reasonId"],
                "name": reasons.get(entry["reasonId"], ""),
                "text": entry.get("memo") or "",
            }
            for entry in entries
        ],
    )


def job_history(visit: Visit) -> Record:
    """The public catalogue of events is small: booked, and canceled."""
    job = visit.company.get("jobs", visit.path["id"])
    entries = visit.company.children("job_canceled_logs", "jobId", job["id"])
    events = [("Job Booked", job["id"], job["createdOn"], "")]
    events += [("Job Canceled", entry["id"], entry["createdOn"], entry.get("memo") or "") for entry in entries]
    return {
        "history": [
            {"id": key, "eventType": name, "date": date, "usedSchedulingTool": "Manual", "memo": memo}
            for name, key, date, memo in events
        ]
    }


def booked_log(visit: Visit) -> Record:
    job = visit.company.get("jobs", visit.path["id"])
    first = visit.company.children("appointments", "jobId", job["id"])[0]
    times = {name: first.get(name) for name in ("start", "arrivalWindowStart", "arrivalWindowEnd")}
    place = {"id": first["id"], "jobId": job["id"], "jobAppointmentId": first["id"], "active": True}
    return place | times | {"createdOn": job["createdOn"], "createdById": job["createdById"]}


def status_changes(visit: Visit) -> list[Record]:
    visit.company.get("estimates", visit.path["id"])
    changes = visit.company.children("estimate_status_changes", "estimateId", visit.path["id"])
    return [_without(change, "estimateId") for change in changes]


def _page(visit: Visit, records: list[Record]) -> Page:
    return cut(records, visit.params, visit.switches, dumps)


def _without(record: Record, field: str) -> Record:
    return {name: value for name, value in record.items() if name != field}


@dataclass(frozen=True)
class Detail:
    module: str
    path: str
    scope: str
    work: Callable[[Visit], Any]
    parameters: Collection[str] = ()


OF_PROVIDER = "booking-provider/{provider:int}/bookings"
DETAILS = (
    Detail("crm", "customers/{id:int}/contacts", "tn.crm.customers", contacts_of_customer, PAGING),
    Detail("crm", "bookings/{id:int}/contacts", "tn.crm.bookings", contacts_of_booking, PAGING),
    Detail("crm", OF_PROVIDER, "tn.crm.bookings", bookings_of_provider, BOOKINGS.parameters),
    Detail("crm", OF_PROVIDER + "/{id:int}", "tn.crm.bookings", booking_of_provider),
    Detail("crm", OF_PROVIDER + "/{id:int}/contacts", "tn.crm.bookings", contacts_of_booking, PAGING),
    Detail("jpm", "jobs/{id:int}/canceled-log", "tn.jpm.jobs", canceled_log, PAGING),
    Detail("jpm", "jobs/{id:int}/booked-log", "tn.jpm.jobs", booked_log),
    Detail("jpm", "jobs/{id:int}/history", "tn.jpm.jobs", job_history),
    Detail("jpm", "jobs/cancel-reasons", "tn.jpm.jobs", cancel_reasons, {"ids"}),
    Detail("sales", "status/estimates/{id:int}/changes", "tn.sal.estimates", status_changes),
)
