"""Records set back to what they were, and let go on again."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import orjson
import pytest

from pipelines.rehearsal.copy import Copy
from tests.states.warehouse import Warehouse

TENANT, OTHER = 410387862, 1116148646
START = datetime(2026, 3, 1, tzinfo=UTC)
SENTINEL = datetime(1, 1, 1, tzinfo=UTC)
SOLD, DISMISSED, OPEN = ({"value": value, "name": name} for value, name in ((1, "Sold"), (2, "Dismissed"), (0, "Open")))
MARTS = """
    create schema marts;
    create table marts.customer_servicetitan_state (
        tenant_id bigint, servicetitan_customer_id bigint, current_state decimal(2, 1)
    )
"""
MOMENTS = (0.0, 1.5, 2.5, 3.5, 9.0)  # days, none of them one at which something happens


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def was(identity: int | str, **row: Any) -> dict[str, Any]:
    """Of a record of long ago, unless something else is said."""
    return {"tenant_id": TENANT, "id": identity, "created_on": day(-9), "modified_on": day(-9)} | row


RECORDS = {
    "customers": [was(1, created_on=day(1))],
    "leads": [
        was(1, created_on=day(1)),
        was(2, created_on=None),
        was(3, created_on=SENTINEL),
        was(4, status="Converted", customer_id=7, modified_on=day(8)),
        was(5, status="Dismissed", modified_on=day(3)),
        was(6, status="Converted", customer_id=8, modified_on=day(2)),
    ],
    "jobs": [
        was(1, created_on=day(1)),
        was(2, job_status="Canceled", completed_on=day(1), modified_on=day(8)),
        was(3, job_status="Completed", completed_on=day(2), modified_on=day(8), customer_id=9),
        was(4, job_status="Canceled", modified_on=day(2)),
        was(5, customer_id=7, created_on=day(-20)),
        was(6, customer_id=7, created_on=day(2)),
        was(7, customer_id=7, created_on=day(3)),
        was(8, tenant_id=OTHER, created_on=day(2)),
    ],
    "job_canceled_logs": [was(1, created_on=day(1)), was(2, job_id=2, created_on=day(3))],
    "appointments": [
        was(1, created_on=day(1)),
        was(2, status="Done", end=day(2), modified_on=day(8)),
        was(3, status="Canceled", modified_on=day(3)),
    ],
    "estimates": [
        was(1, created_on=day(1), customer_id=7, job_id=5),
        was(2, status=SOLD, sold_on=day(1), modified_on=day(8)),
        was(3, status=SOLD, modified_on=day(2)),
        was(4, status=DISMISSED, modified_on=day(3)),
        was(5, status=OPEN, active=False, modified_on=day(3)),
    ],
    "state_updates": [
        was("a", customer_id=1, to_state="3.0", set_at=day(1)),
        was("b", customer_id=1, to_state="3.0", set_at=day(3)),
    ],
}


class Timeline:
    """What each table held at each of `MOMENTS`, and, under None, before it was set back."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.rows: dict[tuple[str, float | None], dict[Any, str]] = {}
        self.warehouse, copy = warehouse, Copy(warehouse.path, TENANT)
        self.look(None)
        copy.set_back(START)
        self.look(0.0)
        for since, at in pairwise(MOMENTS):
            copy.go_on(day(since), day(at))
            self.look(at)
        self.fed = warehouse.rows(
            "select source_table, source_id, customer_id, job_id, is_new from servicetitan.changes order by change_id"
        )

    def look(self, at: float | None) -> None:
        for table in RECORDS:
            rows = self.warehouse.rows(f"select id, to_json(records) from servicetitan.{table} as records")
            self.rows[table, at] = dict(rows)

    def ids(self, table: str, at: float) -> list[Any]:
        return sorted(self.rows[table, at])

    def seen(self, table: str, identity: Any, *path: str) -> list[Any]:
        """At each moment: one value of one record."""
        found = []
        for at in MOMENTS:
            value: Any = orjson.loads(self.rows[table, at][identity])
            for name in path:
                value = value[name]
            found.append(value)
        return found


@pytest.fixture(scope="module")
def timeline(tmp_path_factory: pytest.TempPathFactory) -> Timeline:
    folder = tmp_path_factory.mktemp("past")
    warehouse = Warehouse(folder / "warehouse.duckdb", folder / "dbt")
    warehouse.execute(MARTS)
    warehouse.load(RECORDS)
    return Timeline(warehouse)


@pytest.mark.parametrize("table", ["customers", "leads", "jobs", "appointments", "estimates", "job_canceled_logs"])
def test_a_record_is_there_once_it_was_created(timeline: Timeline, table: str) -> None:
    assert [1 in timeline.ids(table, at) for at in MOMENTS] == [False, True, True, True, True]


def test_a_state_that_was_set_by_hand_is_there_once_it_was_set(timeline: Timeline) -> None:
    assert [timeline.ids("state_updates", at) for at in (0.0, 1.5, 3.5)] == [[], ["a"], ["a", "b"]]


@pytest.mark.parametrize("identity", [2, 3])
def test_a_record_without_a_date_was_always_there(timeline: Timeline, identity: int) -> None:
    assert identity in timeline.ids("leads", 0.0)


@pytest.mark.parametrize(
    ("table", "identity", "path", "values"),
    [
        ("jobs", 2, "job_status", "Scheduled Completed Completed Canceled Canceled"),
        ("jobs", 3, "job_status", "Scheduled Scheduled Completed Completed Completed"),
        ("jobs", 4, "job_status", "Scheduled Scheduled Canceled Canceled Canceled"),
        ("estimates", 2, "status.name", "Open Sold Sold Sold Sold"),
        ("estimates", 3, "status.name", "Open Open Sold Sold Sold"),
        ("estimates", 4, "status.name", "Open Open Open Dismissed Dismissed"),
        ("estimates", 5, "active", "True True True False False"),
        ("leads", 4, "status", "Open Open Converted Converted Converted"),
        ("leads", 5, "status", "Open Open Open Dismissed Dismissed"),
        ("leads", 6, "status", "Open Open Converted Converted Converted"),
        ("appointments", 2, "status", "Scheduled Scheduled Done Done Done"),
        ("appointments", 3, "status", "Scheduled Scheduled Scheduled Canceled Canceled"),
    ],
    ids=[
        "a job that was completed and then canceled",
        "a completed job",
        "a canceled job without an entry in the log: when it was last changed",
        "a sold estimate",
        "a sold estimate without a date: when it was last changed",
        "a dismissed estimate",
        "a deleted estimate",
        "a converted lead: when its customer had the next job",
        "a dismissed lead",
        "a converted lead whose customer had no job: when it was last changed",
        "a visit that was over, changed again later",
        "a visit that was called off",
    ],
)
def test_a_record_becomes_what_it_is_at_its_own_moment(
    timeline: Timeline, table: str, identity: int, path: str, values: str
) -> None:
    seen = timeline.seen(table, identity, *path.split("."))
    assert [str(one) for one in seen] == values.split()


@pytest.mark.parametrize(("table", "identity", "path"), [("jobs", 3, "completed_on"), ("estimates", 2, "sold_on")])
def test_what_has_not_happened_yet_has_no_date(timeline: Timeline, table: str, identity: int, path: str) -> None:
    first, *_, last = timeline.seen(table, identity, path)
    assert first is None
    assert last is not None


@pytest.mark.parametrize("table", RECORDS)
def test_in_the_end_all_of_the_tenant_is_as_it_is_today(timeline: Timeline, table: str) -> None:
    today = {identity: row for identity, row in timeline.rows[table, None].items() if f":{OTHER}," not in row}
    assert timeline.rows[table, 9.0] == today


def test_no_other_tenant_is_left(timeline: Timeline) -> None:
    assert [8 in timeline.ids("jobs", at) for at in MOMENTS] == [False] * len(MOMENTS)


def test_what_comes_and_changes_stands_in_the_change_feed_with_customer_and_job(timeline: Timeline) -> None:
    assert ("estimates", "1", 7, 5, True) in timeline.fed
    assert ("jobs", "3", 9, 3, False) in timeline.fed
    assert [row for row in timeline.fed if row[:2] == ("jobs", "2")] == [("jobs", "2", None, 2, False)] * 2
    assert [row for row in timeline.fed if row[:2] == ("jobs", "5")] == []
