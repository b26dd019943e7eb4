"""Only what happened is news: how many messages leave, of which tenant, when the rules change and when something comes.

Every tenant has ten visits that its rules took for no sale when its baseline was taken.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.derivation.dbt import invoke
from tests.flow_builder.line import settings_for
from tests.simulator.flow_builder.receiver import Receiver
from tests.states.line import MINUTE, Line
from tests.states.warehouse import Warehouse

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
QUIET, RULED, RENAMED, UNIT, RETYPED, LATE, NAMED = range(1, 8)  # tenants, by what comes over them
TENANTS = range(1, 8)
VISITS = range(1, 11)
WITHOUT = 11  # a customer without a visit
SALES, TUNE_UP, NAMELESS = 1, 2, 3
INSTALLATION = 5
Row = dict[str, Any]


def row(tenant: int, identity: int, at: datetime = NOW - 2 * DAY, **fields: Any) -> Row:
    return {"tenant_id": tenant, "id": identity, "active": True, "created_on": at, "modified_on": at, **fields}


def job(tenant: int, number: int, job_type: int = TUNE_UP, at: datetime = NOW - 2 * DAY, customer: int = 0) -> Row:
    of = {"customer_id": customer or number, "job_type_id": job_type, "business_unit_id": INSTALLATION}
    return row(tenant, number, at, job_status="Scheduled", **of)


def tables(*loads: tuple[str, Iterable[Row]]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for table, rows in loads:
        found.setdefault(table, []).extend(rows)
    return found


def history() -> dict[str, list[Row]]:
    return tables(
        ("tenants", ({"tenant_id": tenant, "tenant_name": f"tenant {tenant}"} for tenant in TENANTS)),
        ("job_types", (row(tenant, SALES, name="Sales Visit") for tenant in TENANTS)),
        ("job_types", (row(tenant, TUNE_UP, name="Visit" if tenant == UNIT else "Tune-Up") for tenant in TENANTS)),
        ("business_units", (row(tenant, INSTALLATION, name="North") for tenant in TENANTS)),
        ("customers", (row(tenant, number) for tenant in TENANTS for number in (*VISITS, WITHOUT))),
        ("leads", [row(QUIET, 1, customer_id=WITHOUT, status="Open")]),
        ("jobs", (job(tenant, number) for tenant in TENANTS for number in VISITS)),
        ("jobs", (job(NAMED, 20 + number, NAMELESS, customer=number) for number in VISITS)),
        ("appointments", (row(tenant, number, job_id=number) for tenant in TENANTS for number in VISITS)),
        ("appointments", (row(NAMED, 20 + number, job_id=20 + number) for number in VISITS)),
    )


@pytest.fixture
def line(warehouse: Warehouse, tmp_path: Path, receiver: Receiver) -> Line:
    settings = settings_for(tmp_path / "data", flow_builder_trigger_url=f"{receiver.url}/trigger")
    line = Line(warehouse, settings, receiver, TENANTS, NOW)
    line.sync(history())
    assert line.sync() == {}
    return line


def test_what_another_rule_finds_is_no_news_and_what_happens_beside_it_is(line: Line) -> None:
    line.rules.mkdir(parents=True)
    everybody_but_quiet = [RULED, RETYPED, LATE]
    lines = [f"{tenant},job_type_name,tune,sales,1" for tenant in everybody_but_quiet]
    (line.rules / "job_kind_rules.csv").write_text(
        "\n".join(["tenant_id,match_field,pattern,job_kind,priority", *lines])
    )
    moment = line.now + MINUTE
    news = line.sync(
        tables(
            ("job_types", [row(RENAMED, TUNE_UP, moment, name="Sales Call"), row(NAMED, NAMELESS, name="Sales Call")]),
            ("business_units", [row(UNIT, INSTALLATION, moment, name="Sales")]),
            # the office itself retypes one, and elsewhere a lead of yesterday comes late
            ("jobs", [job(RETYPED, 1, SALES) | {"modified_on": moment}]),
            ("leads", [row(LATE, 40, NOW - DAY, customer_id=WITHOUT, status="Open")]),
            # and a visit is booked
            ("jobs", [job(QUIET, 50, SALES, moment, customer=1)]),
            ("appointments", [row(QUIET, 50, moment, job_id=50)]),
        )
    )
    assert news == {RETYPED: 1, LATE: 1, NAMED: len(VISITS), QUIET: 1}
    assert line.reclassified() == {RULED: 10, RENAMED: 10, UNIT: 10, RETYPED: 9, LATE: 10}
    assert line.sync() == {}


@pytest.mark.prove
def test_an_upgrade_a_full_refresh_and_a_lost_warehouse_mail_nobody(
    line: Line, new_warehouse: Callable[[], Warehouse]
) -> None:
    line.warehouse.load(tables(("job_types", [row(RENAMED, TUNE_UP, NOW + MINUTE, name="Sales Call")])))
    # as dbt is run by hand, by which project nobody knows
    variables = f"{{as_of: '{line.now:%Y-%m-%dT%H:%M:%S.%fZ}'}}"
    invoke(
        "run", "--full-refresh", "--vars", variables, warehouse=line.warehouse.path, work_dir=line.warehouse.work_dir
    )
    assert line.sync() == {}
    assert line.reclassified() == {RENAMED: 10}
    # as if the models of the release before had not found these
    line.warehouse.execute("delete from marts.customer_state_transitions")
    line.warehouse.execute("update intermediate.derivation_rules set content = '0.1.0' where subject = 'models'")
    line.warehouse.execute("update intermediate.derivation_ended set project_version = '0.1.0'")
    assert line.sync() == {}
    assert line.reclassified() == {RENAMED: 10, QUIET: 1}
    line.warehouse = new_warehouse()
    assert line.sync(history()) == {}
    assert line.sync() == {}
