"""Filters that need more than the record itself: contacts, appointments, the customer of a lead."""

from collections.abc import Callable, Iterable

from tests.simulator.filters import Test, before, boolean, digits, number, since, text, truth
from tests.simulator.listing import Params, parsed
from tests.simulator.tables import Row
from tests.simulator.wire import Record
from tests.simulator.world import Company

EXTERNAL_DATA = ("externalDataApplicationGuid", "externalDataKey", "externalDataValues")
OF_CUSTOMERS = ("phone", *EXTERNAL_DATA)
OF_LEADS = {
    "customerCity": text("city"),
    "customerState": text("state"),
    "customerZip": text("zip"),
    "customerCreatedOnOrAfter": since("createdOn"),
    "customerCreatedBefore": before("createdOn"),
    "customerModifiedOnOrAfter": since("modifiedOn"),
}
OF_JOBS = {
    "appointmentStatus": text("status"),
    "appointmentStartsOnOrAfter": since("start"),
    "appointmentStartsBefore": before("start"),
    "hasUnusedAppointments": boolean("unused"),
}
OF_FIRST_APPOINTMENTS = {
    "firstAppointmentStartsOnOrAfter": since("start"),
    "firstAppointmentStartsBefore": before("start"),
}

OF_ASSIGNMENTS = {"technicianId": number("technicianId")}


def customers(company: Company, params: Params) -> Test:
    """A phone matches where its digits are part of a contact's number."""
    wanted, has_data = digits(params.get("phone", "")), _external_data(params)

    def test(row: Row) -> bool:
        contacts = company.children("customer_contacts", "customerId", row.record["id"])
        numbers = [digits(c["value"]) for c in contacts if c["active"] and c["type"] != "Email"]
        return has_data(row) and (not wanted or any(wanted in number for number in numbers))

    return test


def locations(_company: Company, params: Params) -> Test:
    return _external_data(params)


def leads(company: Company, params: Params) -> Test:
    """A prospect has no customer, or one without a job."""
    prospect = parsed(truth, params, "isProspect") if params.get("isProspect") else None
    tests = [parsed(make, params, name) for name, make in OF_LEADS.items() if params.get(name)]

    def test(row: Row) -> bool:
        customer_id = row.record.get("customerId") or 0
        customer = company.tables["customers"].rows.get(customer_id)
        has_job = bool(company.children("jobs", "customerId", customer_id))
        known = [{**customer.record["address"], **customer.record}] if customer else []
        return prospect in (None, not has_job) and _all(tests, known)

    return test


def jobs(company: Company, params: Params) -> Test:
    tests = [parsed(make, params, name) for name, make in OF_JOBS.items() if params.get(name)]
    first = [parsed(make, params, name) for name, make in OF_FIRST_APPOINTMENTS.items() if params.get(name)]
    is_assigned = _assigned(company, params, "jobId")
    has_data = _external_data(params)

    def test(row: Row) -> bool:
        appointments = company.children("appointments", "jobId", row.record["id"])
        earliest = [a for a in appointments if a["id"] == row.record["firstAppointmentId"]]
        return has_data(row) and is_assigned(row) and _all(tests, appointments) and _all(first, earliest)

    return test


def appointments(company: Company, params: Params) -> Test:
    """The project is their job's."""
    is_of_project = parsed(number("projectId"), params, "projectId") if params.get("projectId") else None
    is_assigned = _assigned(company, params, "appointmentId")

    def test(row: Row) -> bool:
        job = company.tables["jobs"].rows[row.record["jobId"]]
        return is_assigned(row) and (is_of_project is None or is_of_project(job))

    return test


def _assigned(company: Company, params: Params, parent: str) -> Test:
    """Whether the technician that is asked for goes there."""
    tests = [parsed(make, params, name) for name, make in OF_ASSIGNMENTS.items() if params.get(name)]

    def test(row: Row) -> bool:
        found = company.children("appointment_assignments", parent, row.record["id"])
        return _all(tests, [assignment for assignment in found if assignment["active"]])

    return test


def _all(tests: Iterable[Callable[[Row], bool]], records: list[Record]) -> bool:
    """Some record passes all of them; no tests, no question."""
    tests = list(tests)
    return not tests or any(all(test(Row(record, 0, 0)) for test in tests) for record in records)


def _external_data(params: Params) -> Test:
    key, values = params.get("externalDataKey"), set(filter(None, params.get("externalDataValues", "").split(",")))

    def test(row: Row) -> bool:
        matching = [item for item in row.record["externalData"] if not key or item["key"] == key]
        return not (key or values) or any(not values or item["value"] in values for item in matching)

    return test
