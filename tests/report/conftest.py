"""A small published copy: the columns of the marts that the report reads, a few customers of two tenants."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.settings import Settings
from tests.flow_builder.line import settings_for
from tests.flow_builder.marts import NAMES

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
SOCAL, DFW = 410387862, 1116148646
STATES = ", ".join(f"({state}, '{name}')" for state, name in NAMES.items())
SCHEMA = f"""
    set TimeZone = 'UTC';
    create schema marts;
    create table main.publication as
    select 'abc' as derivation_id, timestamptz '{NOW.isoformat()}' as as_of, '' as besides_version, 0 as published_at;
    create table names as from (values {STATES}) as names(state, name);
    create table marts.tenant_baselines (tenant_id bigint, established_at timestamptz);
    create table marts.customer_servicetitan_state (
        tenant_id bigint, tenant_name varchar, servicetitan_customer_id bigint, customer_name varchar,
        customer_is_active boolean, current_state decimal(2, 1), current_state_name varchar,
        state_changed_at timestamptz, reset_due_at timestamptz
    );
    create table marts.customer_state_spans (
        tenant_id bigint, servicetitan_customer_id bigint, previous_state decimal(2, 1), state decimal(2, 1),
        state_name varchar, entered_at timestamptz, left_at timestamptz
    );
    create table marts.deliveries (
        tenant_id bigint, customer_id bigint, sequence bigint, status varchar, reason varchar, flow_name varchar,
        created_at timestamptz, attempts bigint, last_error varchar
    );
"""
GIVEN = "create temp table given (tenant_id bigint, customer_id bigint, state double, entered_at timestamptz)"
# Stays follow each other; the time before the first is not among them.
SPANS = """
    insert into marts.customer_state_spans
    select
        tenant_id,
        customer_id,
        coalesce(lag(state) over stays, 0),
        state,
        (select name from names where names.state = given.state),
        entered_at,
        lead(entered_at) over stays
    from given
    window stays as (partition by tenant_id, customer_id order by entered_at)
"""
CUSTOMERS = """
    insert into marts.customer_servicetitan_state
    select
        tenant_id,
        if(tenant_id = 410387862, 'socal', 'dfw'),
        servicetitan_customer_id,
        'Ada Moss',
        true,
        state,
        state_name,
        entered_at,
        entered_at + interval 90 day
    from marts.customer_state_spans where left_at is null
"""


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


class Published:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        settings.analytics.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(settings.analytics) as con:
            con.execute(SCHEMA)

    def stays(self, *rows: tuple[int, int, float, datetime]) -> None:
        """(tenant, customer, state, entered at): all stays of the customers, who are where the last one left them."""
        with duckdb.connect(self.settings.analytics) as con:
            con.execute("set TimeZone = 'UTC'")
            con.execute(
                "create temp table given (tenant_id bigint, customer_id bigint, state double, entered_at timestamptz)"
            )
            con.executemany("insert into given values (?, ?, ?, ?)", rows)
            con.execute(SPANS)
            con.execute(CUSTOMERS)

    def deliveries(self, *rows: tuple[int, str, str | None, datetime]) -> None:
        """(tenant, status, reason, created at)"""
        self.run(
            """insert into marts.deliveries by name select
                ? as tenant_id, 1 as customer_id, (select count(*) from marts.deliveries) as sequence, ? as status,
                ? as reason, 'What to Expect' as flow_name, ? as created_at, 0 as attempts""",
            rows,
        )

    def baseline(self, tenant_id: int) -> None:
        self.run("insert into marts.tenant_baselines values (?, ?)", [(tenant_id, ago(30))])

    def run(self, statement: str, rows: Any) -> None:
        with duckdb.connect(self.settings.analytics) as con:
            con.execute("set TimeZone = 'UTC'")
            con.executemany(statement, list(rows))


@pytest.fixture
def published(tmp_path: Path) -> Published:
    """SOCAL is configured; nothing has happened there."""
    return Published(settings_for(tmp_path))


@pytest.fixture
def busy(published: Published) -> Published:
    """Customer 1 came to an estimate, with a cancellation on the way; 2 is a lead that was lost; 3 is DFW's."""
    published.stays(
        (SOCAL, 1, 1.0, ago(20)),
        (SOCAL, 1, 2.0, ago(16)),
        (SOCAL, 1, 2.5, ago(14)),
        (SOCAL, 1, 2.0, ago(12)),
        (SOCAL, 1, 3.0, ago(3)),
        (SOCAL, 2, 1.0, ago(120)),
        (SOCAL, 2, 0.0, ago(30)),
        (DFW, 3, 2.0, ago(400)),
        (DFW, 3, 4.0, ago(100)),
    )
    published.deliveries(
        (SOCAL, "delivered", None, ago(3)),
        (SOCAL, "held", None, ago(2)),
        (SOCAL, "not_sent", "baseline", ago(3)),
        (SOCAL, "not_sent", "stale", ago(1)),
        (DFW, "retry", None, ago(95)),
        (DFW, "dead", "accepted", ago(1)),
    )
    published.baseline(SOCAL)
    return published
