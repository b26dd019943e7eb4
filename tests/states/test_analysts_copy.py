"""The analysts' copy of a small office: what it says of itself, and what it answers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.analytics.described import described
from pipelines.analytics.publish import Besides, publish
from pipelines.derivation.dbt import project_json
from pipelines.flow_builder.outbox.queries import FOR_ANALYSTS, table
from tests.flow_builder.line import settings_for
from tests.simulator.environment import SIGNING_SECRET
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.office.loads import as_rows, office_at, steps
from tests.simulator.server import run_server
from tests.simulator.world import START
from tests.states.histories import TENANTS
from tests.states.line import MINUTE, Line
from tests.states.warehouse import DerivedIn

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
def analytics(tmp_path_factory: pytest.TempPathFactory, work_dir: Path, derived_in: DerivedIn) -> Path:
    """Published twice: anew, and going on from that."""
    folder = tmp_path_factory.mktemp("analysts")
    receiver = Receiver([SIGNING_SECRET])
    with run_server(receiver.app) as url:
        settings = settings_for(folder / "data", flow_builder_trigger_url=f"{url}/trigger")
        line = Line(derived_in(folder), settings, receiver, TENANTS, START)
        words = described(project_json(line.warehouse.path, work_dir))
        for moment, tables in zip(MOMENTS, steps(office_at(START, HOUSEHOLDS), MOMENTS), strict=True):
            line.now = moment - 5 * MINUTE  # a sync takes so long
            line.sync(as_rows(tables))
            deliveries = {"deliveries": Besides(table(settings.operations), FOR_ANALYSTS)}
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


def test_every_row_has_its_tenants_id_and_name(con: duckdb.DuckDBPyConnection) -> None:
    columns = {str(name) for name, _ in con.execute(COLUMNS).fetchall() if not str(name).startswith("main.")}
    relations = {name.rsplit(".", 1)[0] for name in columns}
    for name in ("tenant_id", "tenant_name"):
        assert {relation for relation in relations if f"{relation}.{name}" not in columns} == set()


def test_no_number_is_of_a_type_that_tools_do_not_know(con: duckdb.DuckDBPyConnection) -> None:
    wide = "select table_name, column_name from duckdb_columns() where data_type = 'HUGEINT' and not internal"
    assert con.execute(wide).fetchall() == []


def test_where_customers_stood_ends_where_they_stand(con: duckdb.DuckDBPyConnection) -> None:
    stood = "select tenant_id, state, customers from questions.where_customers_stood where customers > 0"
    last = f"{stood} and week = (select max(week) from questions.where_customers_stood) order by all"
    stand = "select tenant_id, current_state, customers from questions.where_customers_stand order by all"
    assert con.execute(last).fetchall() == con.execute(stand).fetchall()
    assert con.execute("select min(customers) >= 0 from questions.where_customers_stood").fetchall() == [(True,)]


def test_what_starts_no_flow_says_why(con: duckdb.DuckDBPyConnection) -> None:
    """Of each message about a state with a flow."""
    told = "select count(*), count(*) filter (where flow_name is null) from marts.deliveries where state_flow_name"
    assert con.execute(f"{told} is not null and (flow_name is null) = (why_no_flow is null)").fetchall() == [(0, 0)]
    assert con.execute(f"{told} is null and why_no_flow is not null").fetchall() == [(0, 0)]
    assert (
        con.execute("select sum(messages)::bigint from questions.why_no_mail").fetchall()
        == con.execute("select count(*) from marts.deliveries where why_no_flow != 'baseline'").fetchall()
    )


def test_every_question_has_an_answer(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute("select view_name from duckdb_views() where schema_name = 'questions'").fetchall()
    rows = {name: len(con.execute(f"from questions.{name}").fetchall()) for (name,) in found}
    assert len(rows) > 10
    empty = {name for name, count in rows.items() if not count}
    assert empty <= {"who_got_two_flows_within_a_day", "who_sold_and_has_no_install"}


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
