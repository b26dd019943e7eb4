"""A small published copy: the columns of the marts that the report reads, a few customers of two tenants."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.flow_builder.marts import NAMES

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)  # a Sunday
SOCAL, DFW = 410387862, 1116148646
STATES = ", ".join(f"({state}, '{name}')" for state, name in NAMES.items())
SCHEMA = f"""
    set TimeZone = 'UTC';
    create schema marts;
    create table main.publication as
    select 'abc' as derivation_id, timestamptz '{NOW.isoformat()}' as as_of, '' as besides_version, 0 as published_at;
    create table names as from (values {STATES}) as names(state, name);
    create table marts.customer_servicetitan_state (
        tenant_id bigint, servicetitan_customer_id bigint, customer_name varchar, customer_is_active boolean,
        current_state decimal(2, 1), current_state_name varchar, state_changed_at timestamptz
    );
    create table marts.customer_state_spans (
        tenant_id bigint, servicetitan_customer_id bigint, previous_state decimal(2, 1), state decimal(2, 1),
        entered_at timestamptz, left_at timestamptz
    );
    create table marts.state_conversions (
        tenant_id bigint, state decimal(2, 1), state_name varchar, next_state decimal(2, 1), next_state_name varchar,
        stays bigint, average_days double
    );
    create table marts.waiting_customers (
        tenant_id bigint, state decimal(2, 1), state_name varchar, customers bigint, up_to_a_week bigint,
        up_to_30_days bigint, up_to_90_days bigint, longer bigint
    );
    create table marts.deliveries (
        tenant_id bigint, kind varchar, told_state decimal(2, 1), flow_name varchar, suppressed varchar,
        created_at timestamptz, status varchar, reason varchar
    );
    create table marts.weekly_sales (
        tenant_id bigint, week date, state decimal(2, 1), flow_name varchar, sales bigint, sold_subtotal decimal(38, 2)
    );
"""
# Stays follow each other; the time before the first is not among them.
SPANS = """
    insert into marts.customer_state_spans
    select tenant_id, customer_id, coalesce(lag(state) over stays, 0), state, entered_at, lead(entered_at) over stays
    from given
    window stays as (partition by tenant_id, customer_id order by entered_at)
"""
CUSTOMERS = """
    insert into marts.customer_servicetitan_state
    select tenant_id, servicetitan_customer_id, 'Customer ' || servicetitan_customer_id, true, state, name, entered_at
    from marts.customer_state_spans inner join names using (state) where left_at is null
"""
WAITING = """
    insert into marts.waiting_customers
    select tenant_id, current_state, current_state_name, count(*), count(*), 0, 0, 0
    from marts.customer_servicetitan_state where current_state > 0 group by all
"""


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


class Published:
    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(path) as con:
            con.execute(SCHEMA)

    def stays(self, *rows: tuple[int, int, float, datetime]) -> None:
        """(tenant, customer, state, entered at): all stays of all customers, who are where the last one left them."""
        self.run("create table given (tenant_id bigint, customer_id bigint, state double, entered_at timestamptz)")
        self.run("insert into given values (?, ?, ?, ?)", rows)
        for fill in (SPANS, CUSTOMERS, WAITING):
            self.run(fill)

    def deliveries(self, *rows: tuple[int, float, str, str | None, str | None, datetime]) -> None:
        """(tenant, state, status, reason, suppressed, created at)"""
        self.run(
            """insert into marts.deliveries by name select $1 as tenant_id, 'changed' as kind, $2 as told_state,
                'Flow ' || $2::varchar as flow_name, $3 as status, $4 as reason, $5 as suppressed, $6 as created_at""",
            rows,
        )

    def run(self, statement: str, rows: Iterable[Any] = ()) -> None:
        with duckdb.connect(self.path) as con:
            con.execute("set TimeZone = 'UTC'")
            if rows:
                con.executemany(statement, list(rows))
            else:
                con.execute(statement)


def fill(published: Published) -> Published:
    """Customer 1 came to an estimate, with a cancellation on the way; 2 is a lead of long ago that was lost; 3 bought
    long ago, and has another sale; 4 bought at once; 5 is DFW's."""
    published.stays(
        (SOCAL, 1, 1.0, ago(20)),
        (SOCAL, 1, 2.0, ago(16)),
        (SOCAL, 1, 2.5, ago(14)),
        (SOCAL, 1, 2.0, ago(12)),
        (SOCAL, 1, 3.0, ago(3)),
        (SOCAL, 2, 1.0, ago(120)),
        (SOCAL, 2, 0.0, ago(19)),
        (SOCAL, 3, 6.0, ago(300)),
        (SOCAL, 3, 2.0, ago(10)),
        (SOCAL, 3, 0.0, ago(1)),
        (SOCAL, 4, 4.0, ago(8)),
        (DFW, 5, 2.0, ago(9)),
    )
    published.deliveries(
        (SOCAL, 2.0, "delivered", None, None, ago(16)),
        (SOCAL, 2.0, "delivered", None, "past", ago(12)),
        (SOCAL, 2.0, "retry", None, None, ago(3)),
        (SOCAL, 3.0, "held", None, None, ago(2)),
        (SOCAL, 3.0, "not_sent", "stale", None, ago(2)),
        (SOCAL, 3.0, "not_sent", "baseline", None, ago(2)),
        (SOCAL, 3.0, "delivered", None, None, ago(100)),
        (DFW, 2.0, "delivered", None, None, ago(9)),
    )
    published.run(
        "insert into marts.weekly_sales values (?, ?, ?, ?, ?, ?)",
        [
            (SOCAL, date(2026, 11, 9), 3, "Flow 3.0", 2, Decimal("1500.50")),
            (SOCAL, date(2026, 11, 16), 3, "Flow 3.0", 1, Decimal("99.50")),
            (SOCAL, date(2026, 11, 16), 0, None, 1, Decimal("7000")),
            (SOCAL, date(2026, 6, 1), 3, "Flow 3.0", 1, Decimal("1")),
            (DFW, date(2026, 11, 16), 3, "Flow 3.0", 1, Decimal("3")),
        ],
    )
    published.run(
        "insert into marts.state_conversions values (?, ?, ?, ?, ?, ?, ?)",
        [
            (SOCAL, 1, "Lead", 0, "Contact Record", 1, 90.0),
            (SOCAL, 1, "Lead", 2, "Sales Appointment Booked", 3, 2.0),
            (SOCAL, 3, "Estimates Created", None, None, 1, None),
            (DFW, 1, "Lead", 2, "Sales Appointment Booked", 1, 500.0),
        ],
    )
    return published


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path / "analytics.duckdb")
