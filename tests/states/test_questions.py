"""What the questions for analysts answer, of a few customers whose story is known."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from pipelines.analytics.described import described
from pipelines.analytics.publish import Besides, publish
from pipelines.derivation.dbt import project_json
from pipelines.flow_builder.outbox.queries import FOR_ANALYSTS, PUBLISHED
from tests.states.warehouse import DerivedIn

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
FORMS, RADIO = 3301, 3302
ROOFS, SOLAR, SALES_TYPE, INSTALL_TYPE = 5, 6, 7, 8
ADA, BOB, CLEO, EVE = 1, 2, 3, 5
OPEN = {"value": 0, "name": "Open"}
SOLD = {"status": {"value": 1, "name": "Sold"}}
Ask = Callable[[str], list[tuple[Any, ...]]]


def day(number: float) -> datetime:
    return MONDAY + timedelta(days=number)


def row(identity: int, at: float, **fields: Any) -> dict[str, Any]:
    return {"tenant_id": 1, "id": identity, "created_on": day(at), "modified_on": day(at), **fields}


def job(identity: int, at: float, customer: int, kind: int, status: str) -> dict[str, Any]:
    units = {"business_unit_id": ROOFS, "campaign_id": FORMS}
    return row(identity, at, customer_id=customer, job_type_id=kind, job_status=status, **units)


def delivery(sequence: int, customer: int, state: float, flow: str | None, at: float, **fields: Any) -> dict[str, Any]:
    known = {"webhook_id": str(sequence), "kind": "changed", "tenant_id": 1, "sequence": sequence, "attempts": 1}
    told = {"servicetitan_customer_id": customer, "told_state": Decimal(str(state)), "flow_name": flow}
    return known | told | {"status": "delivered", "delivered_at": day(at), "created_at": day(at)} | fields


# Ada's sales visit is canceled, she books again and buys; Bob buys, cancels the install and has it after all; Cleo's
# lead is dismissed, another has no customer; Eve has two visits booked, and an estimate.
RECORDS: dict[str, list[dict[str, Any]]] = {
    "tenants": [{"tenant_id": 1, "tenant_name": "socal", "timezone": "America/Los_Angeles"}],
    "job_types": [row(SALES_TYPE, 0, name="Sales Visit"), row(INSTALL_TYPE, 0, name="Roof Install")],
    "business_units": [row(ROOFS, 0, name="Roofs"), row(SOLAR, 0, name="Solar")],
    "customers": [row(ADA, 0, name="Ada"), row(BOB, 0, name="Bob"), row(CLEO, 0, name="Cleo"), row(EVE, 0, name="Eve")],
    "leads": [
        row(11, 0, customer_id=ADA, status="Converted", campaign_id=FORMS, capture_source="Web"),
        row(
            12,
            0,
            customer_id=BOB,
            status="Converted",
            campaign_id=FORMS,
            job_type_id=SALES_TYPE,
            business_unit_id=SOLAR,
        ),
        row(13, 0, customer_id=CLEO, status="Dismissed", campaign_id=RADIO, business_unit_id=ROOFS),
        row(14, 0, status="Open", campaign_id=FORMS),
        row(15, 0, customer_id=CLEO, status="Open", campaign_id=RADIO, active=False),
    ],
    "jobs": [
        job(21, 1, ADA, SALES_TYPE, "Canceled"),
        job(22, 4, ADA, SALES_TYPE, "Scheduled"),
        job(23, 1, BOB, SALES_TYPE, "Completed"),
        job(24, 5, BOB, INSTALL_TYPE, "Canceled"),
        job(25, 9, BOB, INSTALL_TYPE, "Scheduled"),
        job(26, 1, EVE, SALES_TYPE, "Scheduled"),
        job(27, 3, EVE, SALES_TYPE, "Scheduled"),
    ],
    "job_canceled_logs": [
        {"tenant_id": 1, "id": 31, "job_id": 21, "created_on": day(2)},
        {"tenant_id": 1, "id": 32, "job_id": 24, "created_on": day(6)},
    ],
    "appointments": [
        row(41, 1, job_id=21),
        row(42, 4, job_id=22),
        row(43, 1, job_id=23),
        row(44, 5, job_id=24),
        row(45, 9, job_id=25),
        row(46, 1, job_id=26),
        row(47, 3, job_id=27),
    ],
    "estimates": [
        row(51, 5, customer_id=ADA, job_id=22, sold_on=day(10), subtotal=1200.5, business_unit_id=SOLAR, **SOLD),
        row(52, 2, customer_id=BOB, job_id=23, sold_on=day(4), subtotal=300, **SOLD),
        row(53, 7, customer_id=EVE, job_id=27, subtotal=450, status=OPEN),
    ],
}
DELIVERIES = [
    delivery(1, ADA, 2.5, "Sorry We missed you", 2),
    delivery(2, ADA, 2, "What to Expect", 2.75),
    delivery(3, ADA, 3, "Unsold Estimates", 5),
    delivery(4, BOB, 3, "Unsold Estimates", 4.5),
    delivery(5, BOB, 5, None, 4.6, suppressed="past"),
    delivery(6, BOB, 1, None, 4.7),
    delivery(7, BOB, 4, None, 4.8, status="not_sent", reason="stale"),
    delivery(8, BOB, 4, "Scheduled the Install", 4.9, status="canceled", reason="retracted"),
    delivery(9, CLEO, 1, None, 5, status="not_sent", reason="baseline"),
    delivery(10, CLEO, 0, None, 5),
    delivery(11, CLEO, 1, None, 5, kind="corrected"),
]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory, work_dir: Path, derived_in: DerivedIn) -> Ask:
    folder = tmp_path_factory.mktemp("questions")
    warehouse = derived_in(folder)
    warehouse.load(RECORDS)
    warehouse.derive(day(30))
    deliveries = pa.Table.from_pylist(DELIVERIES, pa.schema(PUBLISHED)).to_reader()
    words = described(project_json(warehouse.path, work_dir))
    publish(warehouse.path, folder / "analytics.duckdb", "1", {"deliveries": Besides(deliveries, FOR_ANALYSTS)}, words)

    def answers(query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(folder / "analytics.duckdb", read_only=True) as con:
            con.execute("set TimeZone = 'UTC'")
            return con.execute(query).fetchall()

    return answers


def test_a_campaign_is_judged_by_all_its_leads(ask: Ask) -> None:
    assert ask("from questions.leads_by_campaign") == [
        (1, "socal", FORMS, 3, 1, 2, 2, 2 / 3, 1.0, Decimal("1500.50"), 7.0),
        (1, "socal", RADIO, 1, 0, 0, 0, 0.0, 0.0, Decimal(0), None),
    ]
    assert ask(
        "select lead_id, servicetitan_customer_id, lead_source, job_type_name, days_to_sale, sales"
        " from questions.what_became_of_leads order by lead_id"
    ) == [
        (11, ADA, "Web", None, 10.0, 1),
        (12, BOB, None, "Sales Visit", 4.0, 1),
        (13, CLEO, None, None, None, 0),
        (14, None, None, None, None, 0),
    ]


def test_a_leads_unit_hangs_on_the_lead_and_not_on_what_was_sold(ask: Ask) -> None:
    assert ask(
        "select lead_id, business_unit_name, sold_business_unit_name"
        " from questions.what_became_of_leads order by lead_id"
    ) == [(11, "Roofs", "Solar"), (12, "Solar", "Roofs"), (13, "Roofs", None), (14, None, None)]
    assert ask("from questions.time_from_lead_to_sale") == [
        (1, "socal", "Roofs", 1, 10.0, Decimal("1200.50")),
        (1, "socal", "Solar", 1, 4.0, Decimal("300.00")),
    ]


def test_a_cancellation_that_was_recovered_brings_what_is_sold_then_or_keeps_what_was_sold_before(ask: Ask) -> None:
    assert ask("from questions.what_recovered_cancellations_brought") == [
        (1, "socal", "install", 1, 0, 0, 1, 1, 0, 0, 3.0, 0, Decimal(0), Decimal("300.00")),
        (1, "socal", "sales", 1, 0, 0, 1, 1, 0, 0, 2.0, 1, Decimal("1200.50"), Decimal(0)),
    ]


def test_money_is_that_of_the_last_flow_that_was_started_before(ask: Ask) -> None:
    assert ask("from questions.revenue_by_flow") == [
        (1, "socal", "Unsold Estimates", 2, 2, 1, Decimal("1200.50")),
        (1, "socal", "(no flow)", 0, 0, 1, Decimal("300.00")),
        (1, "socal", "Sorry We missed you", 1, 1, 0, Decimal(0)),
        (1, "socal", "What to Expect", 1, 1, 0, Decimal(0)),
    ]


def test_a_message_has_a_flow_where_it_starts_it_and_else_says_why_not(ask: Ask) -> None:
    assert ask("select sequence, flow_name, state_flow_name, why_no_flow from marts.deliveries where sequence > 3") == [
        (4, "Unsold Estimates", "Unsold Estimates", None),
        (5, None, "What to Expect install", "past"),
        (6, None, "Email Followup", "superseded"),
        (7, None, "Scheduled the Install", "stale"),
        (8, None, "Scheduled the Install", "retracted"),
        (9, None, "Email Followup", "baseline"),
        (10, None, None, None),
        (11, None, None, None),
    ]
    assert ask("from questions.why_no_mail") == [
        (1, "socal", "past", "delivered", 1),
        (1, "socal", "retracted", "canceled", 1),
        (1, "socal", "stale", "not_sent", 1),
        (1, "socal", "superseded", "delivered", 1),
    ]


def test_two_flows_within_a_day_are_found(ask: Ask) -> None:
    assert ask(
        "select customer_name, previous_flow_name, flow_name, hours_between"
        " from questions.who_got_two_flows_within_a_day"
    ) == [("Ada", "Sorry We missed you", "What to Expect", 18.0)]


def test_where_everybody_stood_when_a_week_ended(ask: Ask) -> None:
    assert ask(
        "select week::varchar, list(state::double order by state) from questions.where_customers_stood"
        " where customers = 1 group by week order by week"
    ) == [
        ("2026-03-02", [0.0, 2.0, 3.0, 5.5]),
        ("2026-03-09", [0.0, 3.0, 4.0, 5.0]),
        ("2026-03-16", [0.0, 3.0, 4.0, 5.0]),
        ("2026-03-23", [0.0, 3.0, 4.0, 5.0]),
        ("2026-03-30", [0.0, 3.0, 4.0, 5.0]),
    ]


def test_who_sold_without_an_install_and_who_waits_are_named_with_their_days(ask: Ask) -> None:
    assert ask("from questions.who_sold_and_has_no_install") == [
        (1, "socal", ADA, "Ada", day(10), 20.0, Decimal("1200.50"))
    ]
    assert ask("from questions.who_waits_with_an_unsold_estimate") == [(1, "socal", EVE, "Eve", day(7), 23.0)]


def test_another_appointment_is_no_conversion(ask: Ask) -> None:
    assert ask(
        "select next_state::double, outcome, stays from marts.state_conversions where state = 2 order by next_state"
    ) == [(2.0, "another_appointment", 1), (2.5, "canceled", 1), (3.0, "converted", 3)]
