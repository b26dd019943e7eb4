"""Lists of deliveries cost what they show, however many there are; and a store of before has them too."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.flow_builder.outbox import lists
from pipelines.flow_builder.outbox.lists import COUNT, PLACES, Filter, Period
from pipelines.flow_builder.statuses import Status
from pipelines.operations import MIGRATIONS, open_operations

DAY = Period(datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))
INSERT = """
    insert into deliveries (
        sequence, webhook_id, kind, tenant_id, customer_id, status, reason, flow_name, batch, created_at, suppressed
    ) values (?, ?, 'changed', ?, 1, ?, ?, ?, ?, ?, ?)
"""


def at(hours: float) -> str:
    return (DAY.first + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


ROWS = [
    (1, "a", 1, "delivered", None, "Flow", None, at(-1), None),
    (2, "b", 1, "held", None, "Flow", "batch", at(1), None),
    (3, "c", 2, "held", None, None, "batch of 2", at(2), None),
    (4, "d", 1, "not_sent", "stale", None, None, at(3), None),
    (5, "e", 1, "delivered", None, None, None, at(4), "stale"),
    (6, "f", 1, "dead", None, "Flow", None, at(23), None),
    (7, "g", 1, "pending", None, "Flow", None, at(0.5), None),  # replayed: a later sequence, written long ago
]
ASKED: dict[str, tuple[dict[str, Any], str, str]] = {
    "nothing": ({}, "fedcbga", "recent"),
    "a status": ({"status": Status.HELD}, "cb", "listed"),
    "a reason": ({"reason": "stale"}, "ed", "reason suppressed"),
    "a flow": ({"flow": "Flow"}, "fbga", "flow"),
    "a batch": ({"batch": "batch"}, "b", "batch"),
    "a day": ({"periods": {1: DAY, 2: DAY}}, "fedcbg", "recent"),
    "a flow on a day": ({"flow": "Flow", "periods": {1: DAY, 2: DAY}}, "fbg", "flow"),
    "a flow that is dead": ({"flow": "Flow", "status": Status.DEAD}, "f", "listed"),
    "a flow that was sent": ({"flow": "Flow", "status": Status.DELIVERED}, "a", "flow"),
    "a reason that was sent": ({"reason": "stale", "status": Status.DELIVERED}, "e", "reason suppressed"),
    "a batch of a status": ({"batch": "batch", "status": Status.DEAD}, "", "batch"),
}


@pytest.mark.parametrize(("asked", "found", "indexes"), ASKED.values(), ids=ASKED)
def test_each_filter_is_answered_in_the_order_of_an_index(
    tmp_path: Path, asked: dict[str, Any], found: str, indexes: str
) -> None:
    wanted = Filter([1, 2], **asked)
    with open_operations(tmp_path / "operations.sqlite") as con:
        con.executemany(INSERT, ROWS)
        assert "".join(row["webhook_id"] for row in lists.page(con, wanted, most=10)) == found
        assert "".join(row["webhook_id"] for row in lists.page(con, wanted, most=2, skip=1)) == found[1:3]
        assert lists.count(con, wanted) == len(found)
        for (where, values), index in zip(wanted.conditions(1), indexes.split(), strict=True):
            plan = str(con.execute(f"explain query plan {PLACES.format(where)}", {**values, "most": 1}).fetchall())
            assert f"deliveries_{index} " in plan
            assert "SCAN" not in plan
            assert ("TEMP B-TREE" in plan) == (index == "batch")
            plan = str(con.execute(f"explain query plan {COUNT.format(where)}", {**values, "most": 1}).fetchall())
            assert "SEARCH deliveries" in plan


def test_a_batch_is_told_flow_by_flow(tmp_path: Path) -> None:
    with open_operations(tmp_path / "operations.sqlite") as con:
        con.executemany(INSERT, ROWS)
        assert lists.flows_of_batch(con, "batch") == [("Flow", 1, [(1, 1)])]
        assert lists.tenant_of_batch(con, "batch of 2") == 2
        assert lists.tenant_of_batch(con, "none") is None


def test_a_store_of_before_keeps_its_rows_and_has_the_indexes(tmp_path: Path) -> None:
    path, older = tmp_path / "operations.sqlite", [one for one in MIGRATIONS if one.name < "019"]
    with closing(sqlite3.connect(path)) as con, con:
        for migration in older:
            con.executescript(migration.read_text())
        con.executemany(INSERT, ROWS)
        con.execute(f"pragma user_version = {len(older)}")
    with open_operations(path) as store:
        assert lists.count(store, Filter([1, 2])) == len(ROWS)
        assert [row["webhook_id"] for row in lists.page(store, Filter([1], batch="batch"), most=5)] == ["b"]
