"""An outbox of 0.1.0, which kept a row for each transition of a baseline."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL

import pytest

from pipelines.flow_builder.enqueue import Enqueued
from pipelines.operations import stamp
from tests.flow_builder.conftest import IN_A_FILE
from tests.flow_builder.line import Line
from tests.flow_builder.marts import NOW, SOCAL, Marts
from tests.flow_builder.processes import enqueueing, exit_code
from tests.flow_builder.test_crashes import job
from tests.stores import older_store

pytestmark = IN_A_FILE

OF_0_1_0 = 7  # migrations
ADD = """
    insert into deliveries (
        webhook_id, transition_id, tenant_id, customer_id, told_state, occurred_at, kind, created_at, status, reason
    ) values (?1, ?1, ?2, ?3, 2, ?4, 'changed', ?4, ?5, ?6)
"""
CUSTOMERS = 50_000  # three steps of their history
HISTORY = f"""
    insert into marts.customer_state_transitions by name
    select md5(i::varchar) as transition_id, {SOCAL} as tenant_id, i as servicetitan_customer_id, 0 as from_state,
        6 as to_state, 'reset' as event_name, timestamptz '2020-01-01' as occurred_at,
        timestamptz '2020-01-01' as detected_at, true as is_baseline, 1 as position
    from range(2000, 2000 + {CUSTOMERS}) as numbers (i)
"""


def add(con: sqlite3.Connection, transition_id: str, customer_id: int, status: str, reason: str | None) -> None:
    con.execute(ADD, (transition_id, SOCAL, customer_id, stamp(NOW), status, reason))


@pytest.fixture
def old_line(line: Line, tmp_path: Path) -> Iterator[Line]:
    """History, one that was taken as told when 0.1.0 started over, and one that waits."""
    line.marts.con.close()
    line.marts = Marts(tmp_path / "warehouse.duckdb")
    line.marts.con.execute(HISTORY)
    line.taken_as_told = line.marts.enters(1.0, detected_at=NOW)  # type: ignore[attr-defined]
    line.waiting = line.marts.enters(2.0, detected_at=NOW)  # type: ignore[attr-defined]
    with older_store(line.settings.operations_file, OF_0_1_0) as con:
        con.execute("insert into known_log values (1, '', 0, ?)", [stamp(NOW)])
        for i, (transition_id,) in enumerate(
            line.marts.con.execute(
                "select transition_id from marts.customer_state_transitions where is_baseline"
            ).fetchall()
        ):
            add(con, transition_id, i, "not_sent", "baseline")
        add(con, line.taken_as_told, 1001, "not_sent", "baseline")  # type: ignore[attr-defined]
        add(con, line.waiting, 1001, "pending", None)  # type: ignore[attr-defined]
    yield line
    line.marts.con.close()


def assert_history_is_gone(line: Line, size_before: int, *more: tuple[str, str]) -> None:
    kept = [(line.taken_as_told, "not_sent"), (line.waiting, "pending"), *more]  # type: ignore[attr-defined]
    assert line.ask("select webhook_id, status from deliveries order by sequence") == kept
    assert line.ask("select * from history_removal") == []
    assert line.settings.operations_file.stat().st_size < size_before / 10
    assert line.sync() == Enqueued()


def test_history_is_taken_out_and_its_room_given_back(old_line: Line) -> None:
    size = old_line.settings.operations_file.stat().st_size
    assert old_line.sync() == Enqueued()
    assert_history_is_gone(old_line, size)


@pytest.mark.parametrize(
    ("point", "left"),
    [
        ("history.removed:{}:1", CUSTOMERS),
        ("history.committed:{}:1", CUSTOMERS - 20_000),
        ("history.removed:{}:3", CUSTOMERS - 40_000),
        ("history.given_back:{}:1", 0),
    ],
)
def test_what_is_cut_off_goes_on_with_the_next_sync(old_line: Line, tmp_path: Path, point: str, left: int) -> None:
    line, size = old_line, old_line.settings.operations_file.stat().st_size
    line.marts.derive(line.now)
    line.marts.con.close()
    dying = job(line, warehouse=tmp_path / "warehouse.duckdb", failpoint=point.format("SIGKILL"))
    assert exit_code(enqueueing, dying) == -SIGKILL
    assert line.ask("select count(*) from deliveries") == [(left + 2,)]
    line.marts.reopen()
    booked = line.marts.enters(3.0)
    assert line.sync() == Enqueued(sent=1)
    assert_history_is_gone(line, size, (booked, "pending"))


@pytest.mark.prove
def test_history_that_another_warehouse_does_not_know_stays(old_line: Line) -> None:
    line = old_line
    line.marts.con.execute("delete from marts.customer_state_transitions where is_baseline")
    line.sync()
    assert line.ask("select count(*) from deliveries where reason = 'baseline'") == [(CUSTOMERS + 1,)]
