"""What messages say is what the records say now, however little was derived anew."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.states.histories import TENANTS
from tests.states.ledger import ROOT, STREAMS, syncs
from tests.states.steps import day
from tests.states.warehouse import Warehouse

TENANT = TENANTS[0]
ADA, BOB, CYD, DAN, EVE, FAY = CUSTOMERS = range(1, 7)
LINK = UUID("11111111-2222-3333-4444-555555555555")


def of(**columns: Any) -> dict[str, Any]:
    return {"tenant_id": TENANT, "modified_on": day(0), "created_on": day(0)} | columns


def email(customer_id: int, value: str, at: datetime, number: int = 0) -> dict[str, Any]:
    return of(id=number or customer_id, customer_id=customer_id, type="Email", value=value, modified_on=at)


def visit(customer_id: int, start: datetime, modified_on: datetime, number: int = 0) -> dict[str, Any]:
    return of(id=number or customer_id, job_id=customer_id, start=start, end=start, modified_on=modified_on)


def by_hand(customer_id: int) -> dict[str, Any]:
    columns = {"id": f"by hand {customer_id}", "to_state": 3.0, "job_id": FAY, "set_at": day(3)}
    return {"tenant_id": TENANT, "customer_id": customer_id} | columns


@pytest.fixture
def told(warehouse: Warehouse) -> Warehouse:
    """A baseline in which everybody has a lead, and a visit to each since; Eve is set by hand, on Fay's job."""
    root = {table: [op.row for op in ROOT if op.table == table] for table in ("tenants", "job_types")}
    customers = [of(id=customer, name=f"Customer {customer}") for customer in CUSTOMERS]
    leads = [of(id=customer, customer_id=customer) for customer in CUSTOMERS]
    contacts = [email(customer, f"{customer}@example.com", day(0)) for customer in CUSTOMERS]
    started = syncs([TENANT], [], 0)
    assert {row["stream"] for row in started["tenant_syncs"]} == set(STREAMS)
    warehouse.load(root | {"customers": customers, "leads": leads, "customer_contacts": contacts} | started)
    warehouse.derive(day(1))
    jobs = [
        of(id=customer, customer_id=customer, job_type_id=1, created_on=day(2)) for customer in (*CUSTOMERS[:4], FAY)
    ]
    visits = [visit(customer, day(20), day(2)) | {"created_on": day(2)} for customer in (*CUSTOMERS[:4], FAY)]
    warehouse.load({"jobs": jobs, "appointments": visits, "state_updates": [by_hand(EVE)]})
    warehouse.derive(day(3))
    return warehouse


def details(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.rows("from marts.transition_details order by all")


def test_history_has_the_newest_and_what_is_new_has_every_transition(told: Warehouse) -> None:
    count = "select servicetitan_customer_id, count(*) from marts.transition_details group by 1 order by 1"
    assert told.rows(count) == [(customer, 1) for customer in CUSTOMERS], "the leads are history"
    told.load({"customers": [of(id=7, name="without a lead")], "state_updates": [by_hand(ADA)]})
    told.derive(day(4))
    assert told.rows(count) == [(ADA, 2), *((customer, 1) for customer in (*CUSTOMERS[1:], 7))]
    assert told.rows(
        "select transition_id, to_state_name, from_state from marts.transition_details"
        " where servicetitan_customer_id = 7"
    ) == [(None, "Contact Record", None)]


def test_a_change_of_any_record_is_in_what_is_said(told: Warehouse) -> None:
    told.load(
        {
            "customer_contacts": [
                email(ADA, "1@example.com", day(4)) | {"active": False},
                email(CYD, "older@example.com", day(-1), 99),
                email(DAN, "new@example.com", day(4), 99),
            ],
            "customers": [of(id=BOB, name="Robert", do_not_mail=True, modified_on=day(4))],
            "appointments": [visit(DAN, day(30), day(4)), visit(FAY, day(25), day(4))],
            "contact_links": [{"tenant_id": TENANT, "customer_id": FAY, "contact_id": str(LINK), "linked_at": day(4)}],
        }
    )
    assert told.derive(day(5)).reason == "records have come"
    assert told.rows(
        """select servicetitan_customer_id, customer_name, email, is_do_not_mail, contact_id, appointment_starts_at
        from marts.transition_details order by 1"""
    ) == [
        (ADA, "Customer 1", None, False, None, day(20)),
        (BOB, "Robert", "2@example.com", True, None, day(20)),
        (CYD, "Customer 3", "3@example.com", False, None, day(20)),
        (DAN, "Customer 4", "new@example.com", False, None, day(30)),
        (EVE, "Customer 5", "5@example.com", False, None, day(25)),
        (FAY, "Customer 6", "6@example.com", False, LINK, day(25)),
    ]
    before = details(told)
    told.execute("update intermediate.derivation_ended set project_version = 'another'")
    assert told.derive(day(5)).reason == "the project has changed"
    assert details(told) == before
