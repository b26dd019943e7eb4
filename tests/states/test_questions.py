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
from pipelines.analytics.publish import publish
from pipelines.derivation.dbt import project_json
from pipelines.flow_builder.outbox.queries import PUBLISHED
from tests.states.warehouse import Warehouse

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
FORMS, RADIO = 3301, 3302
ROOFS, SALES_TYPE, INSTALL_TYPE = 5, 7, 8
ADA, BOB, CLEO, DAN = 1, 2, 3, 4
SOLD = {"value": 1, "name": "Sold"}
Ask = Callable[[str], list[tuple[Any, ...]]]


def day(number: float) -> datetime:
    return MONDAY + timedelta(days=number)


def row(identity: int, at: float, **fields: Any) -> dict[str, Any]:
    return {"tenant_id": 1, "id": identity, "created_on": day(at), "modified_on": day(at), **fields}


def job(identity: int, at: float, customer: int, kind: int, status: str) -> dict[str, Any]:
    units = {"business_unit_id": ROOFS, "campaign_id": FORMS}
    return row(identity, at, customer_id=customer, job_type_id=kind, job_status=status, **units)


def delivery(sequence: int, customer: int, flow: str, at: float, **fields: Any) -> dict[str, Any]:
    known = {"webhook_id": str(sequence), "kind": "changed", "tenant_id": 1, "sequence": sequence, "attempts": 1}
    told = {"servicetitan_customer_id": customer, "flow_name": flow, "status": "delivered", "delivered_at": day(at)}
    return known | told | {"created_at": day(at)} | fields


# Ada's sales visit is canceled, she books again and buys; Bob buys, cancels the install and has it after all; Cleo's
# lead is dismissed, Dan's has no customer.
RECORDS: dict[str, list[dict[str, Any]]] = {
    "tenants": [{"tenant_id": 1, "tenant_name": "socal"}],
    "job_types": [row(SALES_TYPE, 0, name="Sales Visit"), row(INSTALL_TYPE, 0, name="Roof Install")],
    "business_units": [row(ROOFS, 0, name="Roofs")],
    "customers": [row(ADA, 0, name="Ada"), row(BOB, 0, name="Bob"), row(CLEO, 0, name="Cleo")],
    "leads": [
        row(11, 0, customer_id=ADA, status="Converted", campaign_id=FORMS, capture_source="Web"),
        row(12, 0, customer_id=BOB, status="Converted", campaign_id=FORMS, job_type_id=SALES_TYPE),
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
    ],
    "estimates": [
        row(51, 5, customer_id=ADA, job_id=22, sold_on=day(10), subtotal=1200.5, status=SOLD),
        row(52, 2, customer_id=BOB, job_id=23, sold_on=day(4), subtotal=300, status=SOLD),
    ],
}
DELIVERIES = [
    delivery(1, ADA, "Sorry We missed you", 2),
    delivery(2, ADA, "What to Expect", 2.75),
    delivery(3, ADA, "Unsold Estimates", 5),
    delivery(4, BOB, "Unsold Estimates", 4.5),
    delivery(5, BOB, "What to Expect install", 4.6, suppressed="past"),
]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory, work_dir: Path) -> Ask:
    folder = tmp_path_factory.mktemp("questions")
    warehouse = Warehouse(folder / "warehouse.duckdb", work_dir)
    warehouse.load(RECORDS)
    warehouse.derive(day(20))
    deliveries = pa.Table.from_pylist(DELIVERIES, pa.schema(PUBLISHED)).to_reader()
    words = described(project_json(warehouse.path, work_dir))
    publish(warehouse.path, folder / "analytics.duckdb", "1", {"deliveries": deliveries}, words)

    def answers(query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(folder / "analytics.duckdb", read_only=True) as con:
            con.execute("set TimeZone = 'UTC'")
            return con.execute(query).fetchall()

    return answers


def test_a_campaign_is_judged_by_all_its_leads(ask: Ask) -> None:
    assert ask("from questions.leads_by_campaign") == [
        ("socal", FORMS, 3, 2, 2, 2 / 3, Decimal("1500.50"), 7.0),
        ("socal", RADIO, 1, 0, 0, 0.0, Decimal(0), None),
    ]
    assert ask(
        "select lead_id, servicetitan_customer_id, lead_source, job_type_name, business_unit_name, days_to_sale, sales"
        " from questions.what_became_of_leads order by lead_id"
    ) == [
        (11, ADA, "Web", None, "Roofs", 10.0, 1),
        (12, BOB, None, "Sales Visit", "Roofs", 4.0, 1),
        (13, CLEO, None, None, "Roofs", None, 0),
        (14, None, None, None, None, None, 0),
    ]
    assert ask("from questions.time_from_lead_to_sale") == [("socal", "Roofs", 2, 7.0, Decimal("1500.50"))]


def test_a_cancellation_that_was_recovered_brings_what_is_sold_then_or_keeps_what_was_sold_before(ask: Ask) -> None:
    assert ask("from questions.what_recovered_cancellations_brought") == [
        ("socal", "install", 1, 0, 0, 1, 3.0, 0, Decimal(0), Decimal("300.00")),
        ("socal", "sales", 1, 0, 0, 1, 2.0, 1, Decimal("1200.50"), Decimal(0)),
    ]


def test_money_is_a_flows_and_apart_where_the_flow_had_started_before(ask: Ask) -> None:
    assert ask("from questions.revenue_by_flow") == [
        ("socal", "Unsold Estimates", 2, 2, 2, Decimal("1500.50"), 1, Decimal("1200.50")),
        ("socal", "Sorry We missed you", 1, 1, 0, Decimal(0), 0, Decimal(0)),
        ("socal", "What to Expect", 1, 1, 0, Decimal(0), 0, Decimal(0)),
    ]


def test_two_flows_within_a_day_are_found(ask: Ask) -> None:
    assert ask(
        "select customer_name, previous_flow_name, flow_name, hours_between"
        " from questions.who_got_two_flows_within_a_day"
    ) == [("Ada", "Sorry We missed you", "What to Expect", 18.0)]
