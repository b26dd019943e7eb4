"""The forms in which a record leaves: in a list or an export, and in the API's schema of which date."""

from tests.simulator.switches import Switches
from tests.simulator.tables import Row
from tests.simulator.wire import Record, dumps

EXPORT_ONLY = {table: {"active"} for table in ("leads", "bookings", "jobs", "customer_contacts")}

ADDED_BY_S03 = {
    "customers": {"creditLimit", "creditLimitBalance"},
    "leads": {"captureSource"},
    "jobs": {"createdFromEstimateId", "estimateIds"},
    "appointments": {"active"},
}
ADDED_BY_S26 = {
    "jobs": {"summaryOfWork", "equipmentIds", "isAutoDispatched"},
    "appointments": {"appointmentSummaries"},
    "estimates": {"depositAmount", "depositPercent", "requireDepositOnSignature"},
    "business_units": {"certifiedSentriconSpecialistCode"},
    "job_types": {"defaultEstimateSoldAction", "customFieldTypeIds"},
}
LATER = {"S26": (), "S03": (ADDED_BY_S26,), "S12": (ADDED_BY_S03, ADDED_BY_S26)}


def in_form(table: str, record: Record, form: str, schema: str) -> Record:
    left_out: set[str] = set().union(*(added.get(table, set()) for added in LATER[schema]))
    if form == "list":
        left_out |= EXPORT_ONLY.get(table, set())
    return {name: value for name, value in record.items() if name not in left_out}


def rendered(table: str, row: Row, form: str, switches: Switches) -> bytes:
    """The record's JSON; rendered once for each form and schema."""
    key = (form, switches.schema)
    if key not in row.rendered:
        row.rendered[key] = dumps(in_form(table, row.record, *key))
    return row.rendered[key]
