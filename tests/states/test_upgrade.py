"""A `DATA_DIR` of 0.1.0 is taken over: with history, with what it told, and with what waits and is held.

``release_0_1_0/*.sql`` is what it left. It had told of a call-back as an install (customer 5), of the first of two
installs of a project as the end (6), and of no cancellation because of a job that nobody had closed (9). Customers 20
to 24 are held, 25 and 26 wait. The visits of customers 2 and 3 are of a type that its rules did not know.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.flow_builder.line import settings_for
from tests.simulator.flow_builder.receiver import Receiver
from tests.states.line import Line
from tests.states.warehouse import Warehouse

RELEASE = Path(__file__).parent / "release_0_1_0"
TENANT = 410387862
NOW = datetime(2026, 11, 20, 17, 10, tzinfo=UTC)
CORRECTED = {5: (5.0, 0.0), 6: (6.0, 5.0), 9: (2.0, 2.5)}  # customer -> what 0.1.0 told, and what is so
RECLASSIFIED = """
    select distinct servicetitan_customer_id from marts.customer_state_transitions where is_reclassified order by 1
"""
LOG = "select transition_id, detected_at, is_baseline from marts.customer_state_transitions order by all"


@pytest.fixture
def upgraded(tmp_path: Path, work_dir: Path, receiver: Receiver) -> Callable[..., Line]:
    def upgrade(**changes: object) -> Line:
        settings = settings_for(tmp_path, flow_builder_trigger_url=f"{receiver.url}/trigger", **changes)
        with duckdb.connect(tmp_path / "warehouse.duckdb") as con:
            con.execute("set TimeZone = 'UTC'")
            con.execute((RELEASE / "warehouse.sql").read_text())
        with closing(sqlite3.connect(settings.operations_file)) as operations:
            operations.executescript((RELEASE / "operations.sql").read_text())
        warehouse = Warehouse(tmp_path / "warehouse.duckdb", shutil.copytree(work_dir, tmp_path / "dbt"))
        return Line(warehouse, settings, receiver, [TENANT], NOW)

    return upgrade


@pytest.mark.prove
def test_no_flow_starts_that_0_1_0_would_not_have_started(upgraded: Callable[..., Line]) -> None:
    line = upgraded()
    known = line.warehouse.rows(LOG)
    told = line.told(
        {"leads": [{"tenant_id": TENANT, "id": 1, "customer_id": 13, "status": "Open", "created_on": NOW}]}
    )
    assert {data["customer_id"] for data in told if data["flow_name"]} == {13, 25, 26}
    corrections = {data["customer_id"]: (data["told_state"], data["to_state"]) for data in told if "told_state" in data}
    assert corrections == CORRECTED
    assert len(told) == 3 + len(CORRECTED)
    assert line.told() == []
    assert set(known) <= set(line.warehouse.rows(LOG))
    assert line.warehouse.rows(RECLASSIFIED) == [(2,), (3,), (9,)]


@pytest.mark.prove
def test_a_mass_of_corrections_waits_for_a_person(upgraded: Callable[..., Line]) -> None:
    line = upgraded(flow_builder_hold_above=len(CORRECTED) - 1)
    assert {data["customer_id"] for data in line.told()} == {25, 26}
