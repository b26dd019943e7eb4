"""The list endpoints of jobs, estimates and settings; parameters as in ServiceTitan's documents of May 2026."""

from decimal import Decimal, InvalidOperation

from tests.simulator import lookups
from tests.simulator.filters import (
    CHANGED,
    Filter,
    Test,
    before,
    boolean,
    contains,
    dates,
    ignored,
    number,
    numbers,
    overlap,
    since,
    text,
    whole,
)
from tests.simulator.listing import Listing
from tests.simulator.tables import Row

JOB_NUMBERS = (
    "projectId bookingId customerId locationId soldById jobTypeId campaignId businessUnitId invoiceId"
    " createdFromEstimateId"
)


def estimate_status(wanted: str) -> Test:
    return lambda row: row.record["status"]["name"].lower() == wanted.lower()


def total_above(asked: str) -> Test:
    bound = _decimal(asked)
    return lambda row: _total(row) > bound


def total_below(asked: str) -> Test:
    bound = _decimal(asked)
    return lambda row: _total(row) < bound


def longer_than(asked: str) -> Test:
    return lambda row: row.record["duration"] >= whole(asked)


def shorter_than(asked: str) -> Test:
    return lambda row: row.record["duration"] <= whole(asked)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"The value '{text}' is not valid.") from None


def _total(row: Row) -> Decimal:
    return Decimal(row.record["subtotal"]) + Decimal(row.record["tax"])


def _numbers(names: str) -> dict[str, Filter]:
    return {name: number(name) for name in names.split()}


JOBS = Listing(
    "jpm",
    "jobs",
    "jobs",
    "tn.jpm.jobs",
    {
        **_numbers(JOB_NUMBERS),
        **{name: overlap(name) for name in ("estimateIds", "equipmentIds", "tagTypeIds")},
        "number": text("jobNumber"),
        "jobStatus": text("jobStatus"),
        "priority": text("priority"),
        **dates(completed="completedOn"),
        **CHANGED,
    },
    lookup=lookups.jobs,
    lookup_parameters=(
        *lookups.EXTERNAL_DATA,
        *lookups.OF_JOBS,
        *lookups.OF_FIRST_APPOINTMENTS,
        *lookups.OF_ASSIGNMENTS,
    ),
)
APPOINTMENTS = Listing(
    "jpm",
    "appointments",
    "appointments",
    "tn.jpm.appointments",
    {
        **_numbers("jobId customerId"),
        "number": text("appointmentNumber"),
        "status": text("status"),
        "unused": boolean("unused"),
        "startsOnOrAfter": since("start"),
        "startsBefore": before("start"),
        **CHANGED,
    },
    active_default="True",
    lookup=lookups.appointments,
    lookup_parameters=("projectId", *lookups.OF_ASSIGNMENTS),
)
JOB_TYPES = Listing(
    "jpm",
    "job-types",
    "job_types",
    "tn.jpm.jobtypes",
    {
        "name": contains("name"),
        "priority": text("priority"),
        "minDuration": longer_than,
        "maxDuration": shorter_than,
        "externalDataApplicationGuid": ignored,
        **CHANGED,
    },
    sort_parameter="orderBy",
    active_default="True",
)
JOB_CANCEL_REASONS = Listing(
    "jpm",
    "job-cancel-reasons",
    "job_cancel_reasons",
    "tn.jpm.jobcancelreasons",
    CHANGED,
    active_default="Any",
    ids=False,
    by_id=False,
)
APPOINTMENT_ASSIGNMENTS = Listing(
    "dispatch",
    "appointment-assignments",
    "appointment_assignments",
    "tn.dis.appointmentassignments",
    {"appointmentIds": numbers("appointmentId"), "jobId": number("jobId"), **CHANGED},
    active_default="True",
    by_id=False,
)
ESTIMATES = Listing(
    "sales",
    "estimates",
    "estimates",
    "tn.sal.estimates",
    {
        **_numbers("jobId projectId locationId"),
        "soldById": number("soldBy"),
        "soldByEmployeeId": number("soldBy"),
        "jobNumber": text("jobNumber"),
        "status": estimate_status,
        "soldAfter": since("soldOn"),
        "soldBefore": before("soldOn"),
        "totalGreater": total_above,
        "totalLess": total_below,
        "orderBy": ignored,  # deprecated for sort
        "orderByDirection": ignored,
        **CHANGED,
    },
    active_default="True",
)
BUSINESS_UNITS = Listing(
    "settings",
    "business-units",
    "business_units",
    "tn.stt.businessunits",
    {"name": contains("name"), "externalDataApplicationGuid": ignored, **CHANGED},
    sorts={},
    active_default="True",
)
