"""The marts for analysts, and the documentation of all."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.derivation.dbt import invoke
from tests.states.warehouse import DerivedIn, Warehouse

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = MONDAY + timedelta(days=120)


def day(number: int) -> datetime:
    return MONDAY + timedelta(days=number)


def row(identity: int, at: datetime, **fields: Any) -> dict[str, Any]:
    return {"tenant_id": 1, "id": identity, "created_on": at, "modified_on": at, **fields}


@pytest.fixture(scope="module")
def derived(tmp_path_factory: pytest.TempPathFactory, derived_in: DerivedIn) -> Warehouse:
    """Customer 1: lead, appointment, canceled, booked again, estimate. Customer 2: a lead whose time was over."""
    warehouse = derived_in(tmp_path_factory.mktemp("analysts"))
    warehouse.load(
        {
            "tenants": [{"tenant_id": 1, "tenant_name": "socal"}],
            "job_types": [row(7, MONDAY, name="Sales Visit")],
            "customers": [row(1, MONDAY), row(2, MONDAY)],
            "leads": [row(11, day(0), customer_id=1), row(12, day(1), customer_id=2)],
            "jobs": [
                row(21, day(2), customer_id=1, job_type_id=7, job_status="Canceled"),
                row(22, day(10), customer_id=1, job_type_id=7, job_status="Scheduled"),
            ],
            "job_canceled_logs": [{"tenant_id": 1, "id": 31, "job_id": 21, "created_on": day(8)}],
            "appointments": [row(41, day(3), job_id=21), row(42, day(10), job_id=22)],
            "estimates": [row(51, day(70), customer_id=1, job_id=22, status={"value": 0, "name": "Open"})],
        }
    )
    warehouse.derive(NOW)
    return warehouse


def test_a_stay_lasts_until_the_next_state(derived: Warehouse) -> None:
    assert derived.rows(
        "select servicetitan_customer_id, state::double, days, next_state::double, next_event_name"
        " from marts.customer_state_spans order by servicetitan_customer_id, entered_at"
    ) == [
        (1, 1.0, 3.0, 2.0, "sales_appointment_booked"),
        (1, 2.0, 5.0, 2.5, "sales_job_canceled"),
        (1, 2.5, 2.0, 2.0, "sales_appointment_booked"),
        (1, 2.0, 60.0, 3.0, "estimate_created"),
        (1, 3.0, None, None, None),
        (2, 1.0, 90.0, 0.0, "reset"),
        (2, 0.0, None, None, None),
    ]


def test_every_other_mart_counts_those_stays(derived: Warehouse) -> None:
    assert derived.rows(
        "select state::double, next_state::double, outcome, stays, average_days, share_of_ended"
        " from marts.state_conversions order by all"
    ) == [
        (1.0, 0.0, "lost", 1, 90.0, 0.5),
        (1.0, 2.0, "converted", 1, 3.0, 0.5),
        (2.0, 2.5, "canceled", 1, 5.0, 0.5),
        (2.0, 3.0, "converted", 1, 60.0, 0.5),
        (2.5, 2.0, "converted", 1, 2.0, 1.0),
        (3.0, None, "waiting", 1, None, None),
    ]
    assert derived.rows(
        "select week::varchar, job_type_name, leads, sales_appointments_booked, sales_appointments_canceled,"
        " estimates_created, installs_completed from marts.weekly_funnel order by all"
    ) == [
        ("2026-03-02", "Sales Visit", 0, 1, 0, 0, 0),
        ("2026-03-02", None, 2, 0, 0, 0, 0),
        ("2026-03-09", "Sales Visit", 0, 1, 1, 0, 0),
        ("2026-05-11", "Sales Visit", 0, 0, 0, 1, 0),
    ]
    assert derived.rows(
        "select servicetitan_customer_id, job_id, job_type_name, job_kind, canceled_at, outcome, days_until_end"
        " from marts.cancellations"
    ) == [(1, 21, "Sales Visit", "sales", day(8), "back", 2.0)]
    assert derived.rows(
        "select state::double, customers, up_to_90_days, median_days, oldest_since from marts.waiting_customers"
    ) == [(3.0, 1, 1, 50.0, day(70))]


def test_what_was_sold_counts_in_the_state_before_it_and_in_money(warehouse: Warehouse) -> None:
    sold = {"customer_id": 1, "job_id": 22, "status": {"value": 1, "name": "Sold"}}
    warehouse.load(
        {
            "tenants": [{"tenant_id": 1, "tenant_name": "socal"}],
            "job_types": [row(7, MONDAY, name="Sales Visit")],
            "customers": [row(1, MONDAY)],
            "jobs": [row(22, day(0), customer_id=1, job_type_id=7, job_status="Scheduled")],
            "appointments": [row(42, day(0), job_id=22)],
            "estimates": [
                row(51, day(1), sold_on=day(8), subtotal=1200.5, **sold),
                row(52, day(1), sold_on=day(9), subtotal=300, **sold),
                row(53, day(1), sold_on=day(15), **sold),
                row(54, day(1), subtotal=9000, customer_id=1, job_id=22, status={"value": 0, "name": "Open"}),
            ],
        }
    )
    warehouse.derive(NOW)
    assert warehouse.rows(
        "select tenant_name, week::varchar, state::double, flow_name, sales, sold_subtotal::double"
        " from marts.weekly_sales order by all"
    ) == [
        ("socal", "2026-03-09", 3.0, "Unsold Estimates", 1, 1200.5),
        ("socal", "2026-03-09", 4.0, "Scheduled the Install", 1, 300.0),
        ("socal", "2026-03-16", 4.0, "Scheduled the Install", 1, 0.0),
    ]


def test_stays_follow_a_customer_that_changes(warehouse: Warehouse) -> None:
    leads = [row(11, day(0), customer_id=1), row(12, day(1), customer_id=2)]
    warehouse.load({"customers": [row(1, MONDAY), row(2, MONDAY)], "leads": leads})
    warehouse.derive(day(2))
    warehouse.load({"leads": [leads[1] | {"status": "Dismissed"}]})
    warehouse.derive(day(3))
    assert warehouse.rows("select servicetitan_customer_id from marts.customer_state_spans") == [(1,)]


def test_the_documentation_is_made_offline_and_describes_every_column(derived: Warehouse, work_dir: Path) -> None:
    invoke("docs", "generate", warehouse=derived.path, work_dir=work_dir)
    catalog = json.loads((work_dir / "target" / "catalog.json").read_bytes())["nodes"]
    nodes = json.loads((work_dir / "target" / "manifest.json").read_bytes())["nodes"]
    assert (work_dir / "target" / "index.html").stat().st_size > 0
    marts = {
        name: node for name, node in nodes.items() if node["schema"] == "marts" and node["resource_type"] == "model"
    }
    assert [
        f"{node['name']}.{column}"
        for name, node in marts.items()
        for column in catalog[name]["columns"]
        if not node["columns"].get(column, {}).get("description")
    ] == []
