"""A small published copy: the columns of the marts that the report reads, a few customers of two tenants."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
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
    select 'abc' as derivation_id, timestamptz '{NOW.isoformat()}' as as_of, '' as besides_version,
        as_of as published_at;
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
        tenant_id bigint, servicetitan_customer_id bigint, sequence bigint, kind varchar, told_state decimal(2, 1),
        flow_name varchar, state_flow_name varchar, created_at timestamptz, delivered_at timestamptz, status varchar,
        reason varchar
    );
    create table marts.weekly_sales (
        tenant_id bigint, week date, state decimal(2, 1), sales bigint, sold_subtotal decimal(38, 2)
    );
    create table marts.sales (
        tenant_id bigint, servicetitan_customer_id bigint, sold_at timestamptz, sold_subtotal decimal(38, 2)
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

    def deliveries(self, *rows: tuple[int, int, float, str, str | None, bool, datetime]) -> None:
        """(tenant, customer, state, status, reason, whether it starts the flow, created at)"""
        self.run(
            """insert into marts.deliveries by name
            select $1 as tenant_id, $2 as servicetitan_customer_id, 'changed' as kind, $3 as told_state,
                'Flow ' || $3::varchar as state_flow_name, $4 as status, $5 as reason,
                case when $6 then state_flow_name end as flow_name, $7 as created_at,
                case status when 'delivered' then created_at end as delivered_at, epoch_us(created_at) as sequence""",
            rows,
        )

    def sales(self, *rows: tuple[int, int, float, str, datetime]) -> None:
        """(tenant, customer, state, subtotal, sold at): of each also what `weekly_sales` has."""
        self.run("insert into marts.sales values ($1, $2, $4, $3)", [(*row[:2], *row[3:]) for row in rows])
        self.run(
            "insert into marts.weekly_sales select $1, date_trunc('week', $2::timestamptz)::date, $3, 1, $4",
            [(tenant, sold_at, state, subtotal) for tenant, _, state, subtotal, sold_at in rows],
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
        (SOCAL, 1, 2.0, "delivered", None, True, ago(16)),
        (SOCAL, 1, 2.0, "delivered", None, False, ago(12)),
        (SOCAL, 1, 2.0, "retry", None, True, ago(3)),
        (SOCAL, 1, 3.0, "held", None, True, ago(2)),
        (SOCAL, 4, 3.0, "not_sent", "stale", False, ago(8)),
        (SOCAL, 4, 3.0, "not_sent", "baseline", False, ago(2)),
        (SOCAL, 3, 6.0, "delivered", None, True, ago(100)),
        (SOCAL, 4, 1.0, "delivered", None, True, ago(40)),
        (DFW, 5, 2.0, "delivered", None, True, ago(9)),
    )
    published.sales(
        (SOCAL, 1, 3.0, "1400.50", ago(10)),  # what is not started since does not count
        (SOCAL, 1, 3.0, "100", ago(9)),
        (SOCAL, 4, 3.0, "99.50", ago(5)),  # by a flow that was started before the period
        (SOCAL, 3, 0.0, "7000", ago(4)),  # after more than 90 days
        (SOCAL, 2, 3.0, "1", ago(170)),
        (DFW, 5, 3.0, "3", ago(4)),
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
