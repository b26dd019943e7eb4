"""The tables of list and export endpoints; parameters as in ServiceTitan's OpenAPI documents of May 2026."""

from dataclasses import dataclass

from tests.simulator.filters import (
    Filter,
    Test,
    before,
    boolean,
    contains,
    dates,
    digits,
    inside,
    number,
    numbers,
    since,
    text,
)
from tests.simulator.listing import Listing, Params
from tests.simulator.tables import Row
from tests.simulator.world import Company

CHANGED = dates(created="createdOn", modified="modifiedOn")


def by_phone_and_external_data(company: Company, params: Params) -> Test:
    """A phone matches where its digits are part of a contact's number."""
    wanted, key = digits(params.get("phone", "")), params.get("externalDataKey")
    values = set(filter(None, params.get("externalDataValues", "").split(",")))

    def phone_matches(customer_id: int) -> bool:
        contacts = company.children("customer_contacts", "customerId", customer_id)
        return any(c["active"] and c["type"] != "Email" and wanted in digits(c["value"]) for c in contacts)

    def test(row: Row) -> bool:
        data = row.record["externalData"]
        if (key or values) and not any(
            (not key or item["key"] == key) and (not values or item["value"] in values) for item in data
        ):
            return False
        return not wanted or phone_matches(row.record["id"])

    return test


def without_customer(wanted: str) -> Test:
    return lambda row: (row.record.get("customerId") is None) == (wanted.lower() == "true")


def estimate_status(wanted: str) -> Test:
    return lambda row: row.record["status"]["name"].lower() == wanted.lower()


ADDRESS: dict[str, Filter] = {
    part: inside("address", part) for part in ("street", "unit", "city", "state", "zip", "country")
}
JOB_NUMBERS = [
    "projectId",
    "bookingId",
    "customerId",
    "locationId",
    "soldById",
    "jobTypeId",
    "campaignId",
    "businessUnitId",
    "invoiceId",
    "createdFromEstimateId",
]

CONTACTS = Listing(
    "crm",
    "customers/contacts",
    "customer_contacts",
    "tn.crm.customers",
    {"customerIds": numbers("customerId"), **CHANGED},
    sorts={},
    ids=False,
    by_id=False,
    needs_one_of=("customerIds", "modifiedBefore", "modifiedOnOrAfter"),
)
LISTINGS = (
    CONTACTS,
    Listing(
        "crm",
        "customers",
        "customers",
        "tn.crm.customers",
        {"name": contains("name"), **ADDRESS, **CHANGED},
        active_default="True",
        lookup=by_phone_and_external_data,
        lookup_parameters=("phone", "externalDataApplicationGuid", "externalDataKey", "externalDataValues"),
    ),
    Listing(
        "crm",
        "locations",
        "locations",
        "tn.crm.locations",
        {"name": contains("name"), "customerId": number("customerId"), **ADDRESS, **CHANGED},
        active_default="True",
    ),
    Listing(
        "crm",
        "leads",
        "leads",
        "tn.crm.leads",
        {
            "customerId": number("customerId"),
            "status": text("status"),
            "withoutCustomer": without_customer,
            "leadCustomerName": contains("leadCustomerName"),
            "leadPhone": contains("leadPhone"),
            **CHANGED,
        },
    ),
    Listing("crm", "bookings", "bookings", "tn.crm.bookings", {"externalId": text("externalId"), **CHANGED}),
    Listing(
        "jpm",
        "jobs",
        "jobs",
        "tn.jpm.jobs",
        {
            **{name: number(name) for name in JOB_NUMBERS},
            "number": text("jobNumber"),
            "jobStatus": text("jobStatus"),
            "priority": text("priority"),
            **dates(completed="completedOn"),
            **CHANGED,
        },
    ),
    Listing(
        "jpm",
        "appointments",
        "appointments",
        "tn.jpm.appointments",
        {
            "jobId": number("jobId"),
            "customerId": number("customerId"),
            "number": text("appointmentNumber"),
            "status": text("status"),
            "unused": boolean("unused"),
            "startsOnOrAfter": since("start"),
            "startsBefore": before("start"),
            **CHANGED,
        },
        active_default="True",
    ),
    Listing(
        "jpm",
        "job-types",
        "job_types",
        "tn.jpm.jobtypes",
        {"name": contains("name"), "priority": text("priority"), **CHANGED},
        sort_parameter="orderBy",
        active_default="True",
    ),
    Listing(
        "jpm",
        "job-cancel-reasons",
        "job_cancel_reasons",
        "tn.jpm.jobcancelreasons",
        CHANGED,
        active_default="Any",
        ids=False,
        by_id=False,
    ),
    Listing(
        "sales",
        "estimates",
        "estimates",
        "tn.sal.estimates",
        {
            **{name: number(name) for name in ("jobId", "projectId", "locationId")},
            "soldById": number("soldBy"),
            "jobNumber": text("jobNumber"),
            "status": estimate_status,
            "soldAfter": since("soldOn"),
            "soldBefore": before("soldOn"),
            **CHANGED,
        },
        active_default="True",
    ),
    Listing(
        "settings",
        "business-units",
        "business_units",
        "tn.stt.businessunits",
        {"name": contains("name"), **CHANGED},
        sorts={},
        active_default="True",
    ),
)


@dataclass(frozen=True)
class Export:
    module: str
    path: str
    table: str
    scope: str
    spelling: str = ""  # of estimates: new or old; a switch may close one of them


EXPORTS = (
    Export("crm", "export/customers", "customers", "tn.crm.customers"),
    Export("crm", "export/customers/contacts", "customer_contacts", "tn.crm.customers"),
    Export("crm", "export/locations", "locations", "tn.crm.locations"),
    Export("crm", "export/leads", "leads", "tn.crm.leads"),
    Export("crm", "export/bookings", "bookings", "tn.crm.bookings"),
    Export("jpm", "export/jobs", "jobs", "tn.jpm.jobs"),
    Export("jpm", "export/appointments", "appointments", "tn.jpm.appointments"),
    Export("jpm", "export/job-canceled-logs", "job_canceled_logs", "tn.jpm.jobcanceledlogs"),
    Export("sales", "export/estimates", "estimates", "tn.sal.estimates", "new"),
    Export("sales", "estimates/export", "estimates", "tn.sal.estimates", "old"),
    Export("settings", "export/business-units", "business_units", "tn.stt.businessunits"),
)
