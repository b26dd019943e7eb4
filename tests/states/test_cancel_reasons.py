"""Which names of a cancellation's reason start no flow, as shipped."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.states.histories import TENANTS
from tests.states.warehouse import Warehouse

AT = datetime(2026, 6, 1, tzinfo=UTC)
SILENT = """
    Duplicate | DUPLICATE JOB | Duplicated call | Duplicates | Duplication | Job is a dupe of 5551 | dup
    Booked in error | Entered in Error | Job created in error | Scheduled by mistake | Opened in error | Booking error
    Data entry error | Mistake | Mistakenly booked | Office mistake - do not contact
    Wrong customer | Wrong address | wrong job type
    Test | Test job | TESTING | Test - please ignore | Training | CSR training
    Rescheduled | Re-scheduled | Customer rescheduled | Reschedule | Rescheduling for next week | Re scheduled
    Combined with another job | Combine | Merged | Merged with 5551
    Moved to another job | Moved to a different job | Moved to other job | Moved to new job
    Out of area | Out of service area | Outside our service area | Out-of-area | OUT OF THE AREA
    Deceased | Customer deceased | Customer passed away
"""
TELLING = """
    Price | Went with competitor | Customer not home | No longer needed | Weather | Changed mind | No show | Other
    Test results pending | Waiting for water test results | Contest winner | Latest offer was too high
    Customer wants to reschedule | Will reschedule | Could not reschedule | Schedule conflict
    Out of stock | Out of town | Out of budget | Area flooded | Service area closed by weather
    Moved to another city | Moved to another day | Moved away | Combination unit not available | Emergency elsewhere
    Error code is gone | Unit works again | Unsubscribed | Trainee ill | Death in the family | Financing declined
"""
FOUND = "select name, starts_flow from intermediate.int_cancel_reasons where reason_id is not null"
COUNTED = """
    select reason_id, reason_name, starts_flow, jobs, jobs_last_90_days, jobs_booked_anew from marts.cancel_reasons
    order by reason_id
"""
OF_NO_REASON = "select starts_flow from intermediate.int_cancel_reasons where reason_id is null"


def names(text: str) -> list[str]:
    return [name.strip() for line in text.strip().splitlines() for name in line.split("|")]


def test_names_that_speak_of_the_office_start_no_flow_and_all_others_do(warehouse: Warehouse) -> None:
    expected = dict.fromkeys(names(SILENT), False) | dict.fromkeys(names(TELLING), True)
    numbered = enumerate(expected, 1)
    reasons = [{"tenant_id": TENANTS[0], "id": one, "name": name, "modified_on": AT} for one, name in numbered]
    warehouse.load(
        {"tenants": [{"tenant_id": TENANTS[0], "tenant_name": "socal"}], "job_cancel_reasons": reasons},
    )
    warehouse.derive(AT)
    found = dict(warehouse.rows(FOUND))
    assert {name: found[name] for name in expected if found[name] != expected[name]} == {}
    assert warehouse.rows(OF_NO_REASON) == [(True,)], "a cancellation without a reason"


def test_canceled_jobs_are_counted_by_reason_and_so_are_those_whose_customers_book_anew(warehouse: Warehouse) -> None:
    tenant = {"tenant_id": TENANTS[0]}

    def job(number: int, customer: int, days: int, status: str = "Canceled") -> dict[str, Any]:
        at = AT - timedelta(days=days)
        return tenant | {
            "id": number,
            "customer_id": customer,
            "job_status": status,
            "created_on": at,
            "modified_on": at,
        }

    def log(number: int, job_id: int, reason: int | None, days: int, active: bool = True) -> dict[str, Any]:
        at = AT - timedelta(days=days)
        return tenant | {"id": number, "job_id": job_id, "reason_id": reason, "active": active, "created_on": at}

    warehouse.load(
        {
            "tenants": [tenant | {"tenant_name": "socal"}],
            "job_cancel_reasons": [tenant | {"id": one, "name": f"No {one}", "modified_on": AT} for one in (1, 2)],
            "jobs": [
                *(job(10, 1, 20), job(11, 1, 8), job(12, 2, 20), job(13, 3, 200), job(14, 3, 180, "Scheduled")),
                *(job(15, 4, 20, "Scheduled"), job(16, 5, 20)),
            ],
            "job_canceled_logs": [
                *(log(100, 10, 1, 10), log(101, 12, 2, 12), log(102, 12, 1, 10), log(103, 13, 1, 199)),
                *(log(104, 15, 1, 10), log(105, 16, 1, 10, active=False), log(106, 11, None, 5)),
            ],
        },
    )
    warehouse.derive(AT)
    assert warehouse.rows(COUNTED) == [
        (1, "No 1", True, 3, 2, 1),
        (2, "No 2", True, 0, 0, 0),
        (None, None, True, 1, 1, 0),
    ]
