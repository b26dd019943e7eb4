"""What messages say is what the records say now, however little was derived anew."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from pipelines.derivation.dbt import PROJECT
from tests.states.histories import TENANTS
from tests.states.ledger import ROOT, STREAMS, syncs
from tests.states.steps import day
from tests.states.warehouse import Warehouse

TENANT = TENANTS[0]
ADA, BOB, CYD, DAN, EVE, FAY = CUSTOMERS = range(1, 7)
LINK = UUID("11111111-2222-3333-4444-555555555555")
COUNTS = "select servicetitan_customer_id, count(*) from marts.transition_details group by 1 order by 1"
CHANGED = "select customer_id from intermediate.int_customers__changed order by 1"
HOME, BARN = 51, 52


def of(**columns: Any) -> dict[str, Any]:
    return {"tenant_id": TENANT, "modified_on": day(0), "created_on": day(0)} | columns


def contact(customer_id: int, value: str, at: datetime, number: int = 0, type: str = "Email") -> dict[str, Any]:
    return of(id=number or customer_id, customer_id=customer_id, type=type, value=value, modified_on=at)


def visit(customer_id: int, start: datetime, modified_on: datetime, number: int = 0) -> dict[str, Any]:
    return of(id=number or customer_id, job_id=customer_id, start=start, end=start, modified_on=modified_on)


def by_hand(customer_id: int, **columns: Any) -> dict[str, Any]:
    row = {"id": f"by hand {customer_id}", "to_state": 3.0, "job_id": FAY, "set_at": day(3)} | columns
    return {"tenant_id": TENANT, "customer_id": customer_id} | row


def job(customer_id: int, **columns: Any) -> dict[str, Any]:
    row = {"id": customer_id, "customer_id": customer_id, "job_type_id": 1, "created_on": day(2), "location_id": HOME}
    return of(**row | columns)


def location(number: int, street: str, **columns: Any) -> dict[str, Any]:
    return of(
        id=number, name=f"Place {number}", address={"street": street, "city": "Pasadena", "zip": "91101"}, **columns
    )


def assignment(number: int, appointment: int, name: str | None, at: datetime | None, **columns: Any) -> dict[str, Any]:
    row = {"appointment_id": appointment, "job_id": appointment, "technician_name": name, "assigned_on": at} | columns
    return of(id=number, **row)


def entry(number: int, job_id: int, reason_id: int | None, at: datetime, **columns: Any) -> dict[str, Any]:
    return {"tenant_id": TENANT, "id": number, "job_id": job_id, "reason_id": reason_id, "created_on": at} | columns


def reason(number: int, name: str) -> dict[str, Any]:
    return of(id=number, name=name)


@pytest.fixture
def told(warehouse: Warehouse) -> Warehouse:
    """A baseline in which everybody has a lead, and a visit to each since; Eve is set by hand, on Fay's job."""
    root = {table: [op.row for op in ROOT if op.table == table] for table in ("tenants", "job_types", "business_units")}
    customers = [of(id=customer, name=f"Customer {customer}") for customer in CUSTOMERS]
    leads = [of(id=customer, customer_id=customer, status="Open") for customer in CUSTOMERS]
    contacts = [contact(customer, f"{customer}@example.com", day(0)) for customer in CUSTOMERS]
    started = syncs([TENANT], [], 0)
    assert {row["stream"] for row in started["tenant_syncs"]} == set(STREAMS)
    warehouse.load(root | {"customers": customers, "leads": leads, "customer_contacts": contacts} | started)
    warehouse.derive(day(1))
    jobs = [job(customer) for customer in (*CUSTOMERS[:4], FAY)]
    visits = [visit(customer, day(20), day(2)) | {"created_on": day(2)} for customer in (*CUSTOMERS[:4], FAY)]
    warehouse.load({"jobs": jobs, "appointments": visits, "state_updates": [by_hand(EVE)]})
    warehouse.derive(day(3))
    return warehouse


def details(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.rows("from marts.transition_details order by all")


def said(warehouse: Warehouse, columns: str, customer_id: int) -> list[tuple[Any, ...]]:
    return warehouse.rows(
        f"select {columns} from marts.transition_details where servicetitan_customer_id = {customer_id}"
        " order by occurred_at"
    )


def changed(warehouse: Warehouse) -> list[int]:
    return [row[0] for row in warehouse.rows(CHANGED)]


def assert_as_rebuilt(warehouse: Warehouse, at: datetime) -> None:
    before = details(warehouse)
    warehouse.execute("update intermediate.derivation_ended set project_version = 'another'")
    assert warehouse.derive(at).reason == "the project has changed"
    assert details(warehouse) == before


def test_history_has_the_newest_and_what_is_new_has_every_transition(told: Warehouse) -> None:
    assert told.rows(COUNTS) == [(customer, 1) for customer in CUSTOMERS], "the leads are history"
    told.load({"customers": [of(id=7, name="without a lead")], "state_updates": [by_hand(ADA)]})
    told.derive(day(4))
    assert told.rows(COUNTS) == [(ADA, 2), *((customer, 1) for customer in (*CUSTOMERS[1:], 7))]
    columns = "transition_id, to_state, to_state_name, from_state, flow_name, settle_minutes, suppressed_by"
    assert said(told, columns, 7) == [(None, Decimal("0.0"), "Contact Record", None, None, 0, None)]


@pytest.mark.prove
def test_of_history_two_visits_stand_side_by_side_and_what_a_reset_ended_stands_beside_it(warehouse: Warehouse) -> None:
    """Ada and Cyd have two visits, Bob two installs after a visit, Dan two offers, the second after a reset."""
    root = {table: [op.row for op in ROOT if op.table == table] for table in ("tenants", "job_types")}
    jobs = [
        *(job(ADA, id=one, created_on=day(1)) for one in (11, 12)),
        job(BOB, id=20, created_on=day(1)),
        *(job(BOB, id=one, job_type_id=2, job_status="Completed", completed_on=day(one)) for one in (21, 22)),
        *(job(CYD, id=one, created_on=day(1)) for one in (31, 32)),
    ]
    visits = [of(id=one, job_id=one, created_on=day(one)) for one in (11, 12, 20, 31, 32)]
    offers = [of(id=one, customer_id=DAN, created_on=day(at)) for one, at in ((41, -100), (42, 42))]
    warehouse.load(root | {"customers": [of(id=customer) for customer in CUSTOMERS[:4]], "jobs": jobs})
    warehouse.load({"appointments": visits, "estimates": offers} | syncs([TENANT], [], 0))
    warehouse.derive(day(60))
    shown = "select servicetitan_customer_id, source_id from marts.transition_details order by all"
    beside = [(ADA, "11"), (ADA, "12"), (BOB, "21"), (BOB, "22"), (CYD, "31"), (CYD, "32")]
    assert warehouse.rows(shown) == [*beside, (DAN, "42")]
    assert_as_rebuilt(warehouse, day(60))
    warehouse.derive(day(500))
    assert warehouse.rows(shown) == sorted([*beside, (DAN, "42"), *((one, None) for one in CUSTOMERS[:4])], key=str)
    assert_as_rebuilt(warehouse, day(500))


def test_a_change_of_any_record_is_in_what_is_said(told: Warehouse) -> None:
    told.load(
        {
            "customer_contacts": [
                contact(ADA, "1@example.com", day(4)) | {"active": False},
                contact(CYD, "older@example.com", day(-1), 99),
                contact(DAN, "new@example.com", day(4), 99) | {"preferences": {"marketingUpdatesEnabled": False}},
            ],
            "customers": [of(id=BOB, name="Robert", do_not_mail=True, modified_on=day(4))],
            "appointments": [visit(DAN, day(30), day(4)), visit(FAY, day(25), day(4))],
            "contact_links": [{"tenant_id": TENANT, "customer_id": FAY, "contact_id": str(LINK), "linked_at": day(4)}],
        }
    )
    assert told.derive(day(5)).reason == "records have come"
    assert told.rows(
        """select servicetitan_customer_id, customer_name, emails[1].value, is_do_not_mail, contact_id,
            visits[1].starts_at, emails[1].is_opted_out, len(emails)
        from marts.transition_details order by 1"""
    ) == [
        (ADA, "Customer 1", None, False, None, day(20), None, 0),
        (BOB, "Robert", "2@example.com", True, None, day(20), False, 1),
        (CYD, "Customer 3", "3@example.com", False, None, day(20), False, 2),
        (DAN, "Customer 4", "new@example.com", False, None, day(30), True, 2),
        (EVE, "Customer 5", "5@example.com", False, None, day(25), False, 1),
        (FAY, "Customer 6", "6@example.com", False, LINK, day(25), False, 1),
    ]
    assert_as_rebuilt(told, day(5))


@pytest.mark.prove
def test_every_contact_is_given_as_it_was_typed_the_newest_first_and_mobile_phones_before_others(
    told: Warehouse,
) -> None:
    told.load(
        {
            "customer_contacts": [
                contact(ADA, " Ada <ada@example.com>; b@example.com ", day(4), 91),
                contact(ADA, "none", day(4), 92),
                contact(ADA, "  ", day(9), 93),
                contact(ADA, "+1 213 555 0100", day(9), 94, "Phone"),
                contact(ADA, "213 555 0101 ext. 7", day(2), 95, "MobilePhone"),
                contact(ADA, "213 555 0102", day(3), 96, "MobilePhone"),
                contact(ADA, "213 555 0103", day(9), 97, "Fax"),
            ]
        }
    )
    told.derive(day(5))
    [(emails, phones)] = said(told, "emails, phones", ADA)
    assert [each["value"] for each in emails] == ["none", " Ada <ada@example.com>; b@example.com ", "1@example.com"]
    assert phones == ["213 555 0102", "213 555 0101 ext. 7", "+1 213 555 0100"]


@pytest.mark.prove
def test_a_visit_has_its_earliest_active_assignment_and_a_reassigned_one_the_other(told: Warehouse) -> None:
    technicians = "list_transform(visits, each -> each.technician)"
    told.load(
        {
            "appointments": [visit(ADA, day(21), day(3), 71)],
            "appointment_assignments": [
                assignment(1, ADA, "Ann", day(4)),
                assignment(2, ADA, "Ben", day(3)),
                assignment(3, ADA, "Cal", day(2), active=False),
                assignment(4, ADA, "Deb", None),
                assignment(5, BOB, None, day(2)),
                assignment(6, BOB, "Eli", day(3)),
            ],
        }
    )
    told.derive(day(5))
    assert said(told, technicians, ADA) == [(["Ben", None],)]
    assert said(told, technicians, BOB) == [([None],)], "nobody knows the name of the first"
    told.load({"appointment_assignments": [assignment(2, BOB, "Ben", day(1), modified_on=day(5))]})
    told.derive(day(6))
    assert changed(told) == [ADA, BOB]
    assert said(told, technicians, ADA) == [(["Ann", None],)]
    assert said(told, technicians, BOB) == [(["Ben"],)]
    assert_as_rebuilt(told, day(6))


@pytest.mark.prove
def test_a_location_touches_those_whose_details_name_it(told: Warehouse) -> None:
    assert said(told, "location_id, street", ADA) == [(HOME, None)]
    told.load({"locations": [location(HOME, "1 Main Street"), location(BARN, "2 Far Road", customer_id=EVE)]})
    told.derive(day(4))
    assert changed(told) == list(CUSTOMERS), "Eve is set to a state on Fay's job"
    assert said(told, "location_id, location_name, street, unit, city, state, zip", ADA) == [
        (HOME, "Place 51", "1 Main Street", None, "Pasadena", None, "91101")
    ]
    told.load({"locations": [location(BARN, "3 Far Road", customer_id=EVE, modified_on=day(4))]})
    told.derive(day(5))
    assert changed(told) == [], "no details name the barn"
    told.load({"jobs": [job(ADA, location_id=BARN, modified_on=day(5))]})
    told.derive(day(6))
    told.load({"locations": [location(BARN, "4 Far Road", modified_on=day(6))]})
    told.derive(day(7))
    assert changed(told) == [ADA]
    assert said(told, "location_id, street", ADA) == [(BARN, "4 Far Road")]
    assert_as_rebuilt(told, day(7))


@pytest.mark.prove
def test_a_cancellation_has_its_reason_while_the_job_is_canceled(told: Warehouse) -> None:
    why = "to_state, job_status, job_ended_at, cancel_reason, is_cancel_reason_silent"
    told.load(
        {
            "jobs": [job(ADA, job_status="Canceled", modified_on=day(9)), job(BOB, modified_on=day(9))],
            "job_canceled_logs": [
                entry(1, ADA, 71, day(4)),
                entry(2, ADA, 72, day(5)),
                entry(3, ADA, 73, day(6), active=False),
                entry(4, BOB, 71, day(4)),
            ],
            "job_cancel_reasons": [reason(71, "Booked in error"), reason(73, "Deceased")],
        }
    )
    told.derive(day(10))
    booked, canceled = Decimal("2.0"), Decimal("2.5")
    assert said(told, why, ADA) == [
        (booked, "Canceled", day(5), None, False),
        (canceled, "Canceled", day(5), None, False),
    ], "the reason has not come"
    assert said(told, why, BOB) == [(booked, None, None, None, False)], "his cancellation was removed"
    told.load({"job_cancel_reasons": [reason(72, "DUPLICATE of another")]})
    told.derive(day(11))
    assert changed(told) == [ADA]
    assert said(told, why, ADA)[1] == (canceled, "Canceled", day(5), "DUPLICATE of another", True)
    told.load({"job_cancel_reasons": [reason(72, "Price") | {"modified_on": day(11)}]})
    told.derive(day(12))
    assert said(told, why, ADA)[1] == (canceled, "Canceled", day(5), "Price", False)
    assert_as_rebuilt(told, day(12))


@pytest.mark.prove
def test_a_renamed_job_type_or_unit_is_named_as_it_is_now(told: Warehouse) -> None:
    names = "job_type, business_unit, job_number, project_id"
    told.load({"jobs": [job(ADA, business_unit_id=3, job_number="J1", project_id=8, modified_on=day(3))]})
    told.derive(day(4))
    assert said(told, names, ADA) == [("Sales Consultation", "Service", "J1", 8)]
    told.load({"job_types": [{"tenant_id": TENANT, "id": 1, "name": "Sales Visit"}]})
    told.load({"business_units": [{"tenant_id": TENANT, "id": 3, "name": "Our Service"}]})
    told.derive(day(5))
    assert said(told, names, ADA) == [("Sales Visit", "Our Service", "J1", 8)]
    told.load({"job_types": [{"tenant_id": TENANT, "id": 1, "name": "Sales Visit", "priority": "High"}]})
    told.derive(day(6))
    assert changed(told) == [], "it is called what it was called"
    assert_as_rebuilt(told, day(6))


@pytest.mark.prove
def test_the_evidence_is_told_of_as_it_is_now(told: Warehouse) -> None:
    offer = {"id": EVE, "customer_id": EVE, "name": "Two windows", "subtotal": Decimal("12500.5"), "created_on": day(4)}
    told.load(
        {
            "estimates": [of(**offer, status={"name": "Open"})],
            "customers": [of(id=7)],
            "leads": [of(id=7, customer_id=7, status="Open", created_on=day(4))],
            "state_updates": [by_hand(ADA, start_flow=False)],
        }
    )
    told.derive(day(5))
    assert said(told, "estimate_id, lead_status, is_flow_wanted", EVE) == [(None, None, True)], "she is in 3 by hand"
    assert said(told, "lead_status", 7) == [("Open",)]
    assert said(told, "source_table, is_flow_wanted", ADA) == [("appointments", True), ("state_updates", False)]
    told.load({"estimates": [of(**offer, status={"name": "Sold"}, sold_on=day(5), modified_on=day(5))]})
    told.load({"leads": [of(id=7, customer_id=7, status="Converted", created_on=day(4), modified_on=day(5))]})
    told.derive(day(6))
    assert said(told, "estimate_id, estimate_name, estimate_status, estimate_subtotal, estimate_sold_at", EVE)[-1] == (
        *(EVE, "Two windows", "Sold", Decimal("12500.500000000"), day(5)),
    )
    assert said(told, "lead_status", 7) == [("Converted",)]
    assert_as_rebuilt(told, day(6))


def test_every_column_is_described(work_dir: Path) -> None:
    said = (PROJECT / "models/marts/delivery/_delivery__models.yml").read_text()
    assert work_dir.exists()
    assert said.count("- name: ") - 1 == said.count("data_type: ") == said.count("        description: ")
