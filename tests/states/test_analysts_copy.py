"""The analysts' copy of a small office: what it says of itself, and what it answers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.analytics.described import described
from pipelines.analytics.publish import publish
from pipelines.derivation.dbt import project_json
from pipelines.flow_builder.outbox.queries import table
from tests.flow_builder.line import settings_for
from tests.simulator.environment import SIGNING_SECRET
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.office.loads import as_rows, office_at, steps
from tests.simulator.server import run_server
from tests.simulator.world import START
from tests.states.histories import TENANTS
from tests.states.line import MINUTE, Line
from tests.states.warehouse import Warehouse

HOUSEHOLDS = 40  # of each of two companies
MOMENTS = [START + timedelta(days=days) for days in (30, 31, 120)]  # the first is the baseline
COLUMNS = """
    select schema_name || '.' || table_name || '.' || column_name, comment from duckdb_columns() where not internal
"""
RELATIONS = """
    select schema_name || '.' || table_name, comment from duckdb_tables() where not internal
    union all
    select schema_name || '.' || view_name, comment from duckdb_views() where not internal
"""


@pytest.fixture(scope="module")
def analytics(tmp_path_factory: pytest.TempPathFactory, work_dir: Path) -> Path:
    """Published twice: anew, and going on from that."""
    folder = tmp_path_factory.mktemp("analysts")
    receiver = Receiver([SIGNING_SECRET])
    with run_server(receiver.app) as url:
        settings = settings_for(folder / "data", flow_builder_trigger_url=f"{url}/trigger")
        line = Line(Warehouse(folder / "warehouse.duckdb", work_dir), settings, receiver, TENANTS, START)
        words = described(project_json(line.warehouse.path, work_dir))
        for moment, tables in zip(MOMENTS, steps(office_at(START, HOUSEHOLDS), MOMENTS), strict=True):
            line.now = moment - 5 * MINUTE  # a sync takes so long
            line.sync(as_rows(tables))
            deliveries = {"deliveries": table(settings.operations)}
            if moment in MOMENTS[-2:]:
                publish(line.warehouse.path, settings.analytics, str(moment), deliveries, words)
    return settings.analytics


@pytest.fixture
def con(analytics: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(analytics, read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        yield con


def test_every_table_view_and_column_says_what_it_is(con: duckdb.DuckDBPyConnection) -> None:
    columns, relations = con.execute(COLUMNS).fetchall(), con.execute(RELATIONS).fetchall()
    assert len(columns) > 150
    assert {name for name, comment in (*columns, *relations) if not comment} == set()


def test_the_customer_has_one_name_in_all_of_them(con: duckdb.DuckDBPyConnection) -> None:
    columns = {str(name).rsplit(".", 1)[-1] for name, _ in con.execute(COLUMNS).fetchall()}
    assert {name for name in columns if "customer_id" in name} == {"servicetitan_customer_id"}


def test_every_question_has_an_answer(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute("select view_name from duckdb_views() where schema_name = 'questions'").fetchall()
    rows = {name: len(con.execute(f"from questions.{name}").fetchall()) for (name,) in found}
    assert len(rows) > 10
    assert {name for name, count in rows.items() if not count} <= {"who_got_two_flows_within_a_day"}


def test_no_lead_and_no_sale_is_counted_twice_or_lost(con: duckdb.DuckDBPyConnection) -> None:
    def numbers(query: str) -> tuple[object, ...] | None:
        return con.execute(query).fetchone()

    leads = numbers("select count(*) from marts.leads where is_active")
    assert numbers("select sum(leads) from questions.leads_by_campaign") == leads
    assert numbers("select count(distinct (tenant_id, lead_id)) from questions.what_became_of_leads") == leads
    sales = numbers("select sum(sales), sum(sold_subtotal) from marts.weekly_sales")
    assert numbers("select count(*), sum(sold_subtotal) from marts.sales") == sales
    assert numbers("select sum(sales), sum(sold_subtotal) from questions.revenue_by_flow") == sales
    assert numbers("select sum(cancellations) from questions.what_recovered_cancellations_brought") == numbers(
        "select count(*) from marts.cancellations"
    )
    assert numbers("select count(*) from questions.what_happened_to_customers") == numbers(
        "select count(*) from marts.customer_events"
    )
