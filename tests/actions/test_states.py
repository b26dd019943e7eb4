"""A customer's state: looked up in the published marts, and set by hand."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.operations import open_operations
from pipelines.servicetitan.progress import StreamSync
from pipelines.servicetitan.sync_status import keep_complete
from pipelines.settings import Settings
from tests.actions.conftest import DFW, SOCAL, Api
from tests.simulator.world import World

MARTS = """
create schema marts;
create table marts.customer_servicetitan_state (
    tenant_id bigint, tenant_name varchar, contact_id uuid, servicetitan_customer_id bigint,
    current_state decimal(2,1), current_state_name varchar, job_id bigint, previous_state decimal(2,1),
    state_changed_at timestamptz, reset_due_at timestamptz
);
create table marts.customer_state_transitions (
    transition_id varchar, tenant_id bigint, servicetitan_customer_id bigint, job_id bigint,
    from_state decimal(2,1), to_state decimal(2,1), from_state_name varchar, to_state_name varchar, flow_name varchar,
    event_name varchar, event_id varchar, source_table varchar, source_id varchar,
    occurred_at timestamptz, detected_at timestamptz, retracted_at timestamptz, is_baseline boolean, position bigint
);
"""


def publish(settings: Settings, customer_id: int, state: float, changed: object) -> None:
    """As `pipelines.analytics.publish` does: a new file, put in place at once."""
    fresh = Path(f"{settings.analytics}.tmp")
    fresh.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(fresh) as con:
        con.execute(MARTS)
        row = [SOCAL, "socal", None, customer_id, state, f"state {state:g}", None, 0, changed, None]
        con.execute(f"insert into marts.customer_servicetitan_state values ({', '.join('?' * len(row))})", row)
        log = [f"t{state:g}", SOCAL, customer_id, None, 0, state, "Contact Record", f"state {state:g}", "Flow"]
        log += ["lead_created", "lead:1:created", "leads", "1", changed, changed, None, False, 1]
        con.execute(f"insert into marts.customer_state_transitions values ({', '.join('?' * len(log))})", log)
    fresh.replace(settings.analytics)


def updates(settings: Settings) -> list[Any]:
    with open_operations(settings.operations) as con:
        return con.execute("select customer_id, to_state, reason, set_by from state_updates order by set_at").fetchall()


@pytest.fixture
def state_of(api: Api, ada: int) -> str:  # noqa: ARG001
    return f"/customers/{ada}/state?tenant=socal"


def test_the_state_and_its_history_are_those_of_the_newest_sync(
    api: Api, settings: Settings, world: World, ada: int, state_of: str
) -> None:
    for state in (1.0, 2.0):
        publish(settings, ada, state, world.now())
        found = api.get(state_of).json()
        assert (found["current_state"], found["current_state_name"]) == (state, f"state {state:g}")
        assert [(step["from_state"], step["to_state"], step["event_name"]) for step in found["history"]] == [
            (0.0, state, "lead_created")
        ]


def test_a_copy_that_an_earlier_release_published_is_read(
    api: Api, settings: Settings, world: World, ada: int, state_of: str
) -> None:
    publish(settings, ada, 2.0, world.now())
    with duckdb.connect(settings.analytics) as con:
        con.execute("alter table marts.customer_state_transitions drop column position")
    assert [step["to_state"] for step in api.get(state_of).json()["history"]] == [2.0]


def test_nothing_is_known_before_the_first_sync(api: Api, state_of: str) -> None:
    assert api.get(state_of).json()["code"] == "not_found"


def test_a_state_is_set_once_and_waits_for_the_next_sync(
    api: Api, settings: Settings, world: World, ada: int, state_of: str
) -> None:
    publish(settings, ada, 1.0, world.now() - timedelta(days=1))
    change = {"state": 3, "reason": "Agreed on the phone", "expected_state": 1}
    first, second = api.write(state_of, change, "key", "PUT"), api.write(state_of, change, "key", "PUT")
    assert (first.status_code, second.status_code, second.headers["idempotent-replayed"]) == (202, 202, "true")
    assert updates(settings) == [(ada, 3.0, "Agreed on the phone", "flow-builder")]
    found = api.get(state_of).json()
    assert (found["current_state"], found["pending"]["state"]) == (1.0, 3.0)


def test_fifty_at_once_set_a_state_once(api: Api, settings: Settings, world: World, ada: int, state_of: str) -> None:
    publish(settings, ada, 1.0, world.now() - timedelta(days=1))
    change = {"state": 3, "reason": "Agreed on the phone", "expected_state": 1}
    with ThreadPoolExecutor(50) as callers:
        answers = list(callers.map(lambda _: api.write(state_of, change, "key", "PUT"), range(50)))
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"in_progress"}
    assert len({answer.content for answer in answers if answer.status_code == 202}) == 1
    assert [row[1] for row in updates(settings)] == [3.0]


def test_a_state_is_not_set_where_another_one_was_expected(
    api: Api, settings: Settings, world: World, ada: int, state_of: str
) -> None:
    publish(settings, ada, 1.0, world.now() - timedelta(days=1))
    differs = api.write(state_of, {"state": 3, "reason": "r", "expected_state": 2}, method="PUT")
    assert (differs.status_code, differs.json()["code"], differs.json()["current_state"]) == (409, "state_differs", 1.0)
    assert api.write(state_of, {"state": 3, "reason": "r", "expected_state": 1}, method="PUT").status_code == 202
    again = api.write(state_of, {"state": 4, "reason": "r", "expected_state": 1}, method="PUT")
    assert again.json()["current_state"] == 3.0  # what waits counts
    assert [row[1] for row in updates(settings)] == [3.0]


def test_a_customer_whom_no_sync_has_seen_may_be_set_if_servicetitan_knows_him(
    api: Api, settings: Settings, ada: int, state_of: str
) -> None:
    missing = api.write("/customers/7/state?tenant=socal", {"state": 1, "reason": "r"}, method="PUT")
    foreign = api.write(f"/customers/{ada}/state?tenant=dfw", {"state": 1, "reason": "r"}, method="PUT")
    assert missing.json() == foreign.json()
    assert missing.status_code == 404
    assert api.write(state_of, {"state": 1, "reason": "r", "expected_state": 0}, method="PUT").status_code == 202
    assert [row[0] for row in updates(settings)] == [ada]


def test_a_state_that_does_not_exist_is_refused(api: Api, state_of: str) -> None:
    refused = api.write(state_of, {"state": 3.5, "reason": "r"}, method="PUT")
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["state"])


def test_the_card_and_health_tell_the_last_complete_sync(api: Api, settings: Settings, world: World) -> None:
    ended = world.now() - timedelta(minutes=5)
    sync = StreamSync(SOCAL, "socal", "customers", ended, ended, complete=True)
    broken = replace(sync, tenant_id=DFW, complete=False)
    keep_complete(settings.operations, [sync, replace(broken, complete=True), broken])
    socal, dfw = api.get("/integration").json()["tenants"]
    assert (socal["connected"], socal["last_complete_sync_at"]) == (True, "2026-03-02T14:55:00Z")
    assert (dfw["connected"], dfw["last_complete_sync_at"]) == (True, None)
    health = api.get("/health", headers={"authorization": ""}).json()
    assert [(tenant["name"], tenant["age_seconds"]) for tenant in health["tenants"]] == [
        ("socal", 300.0),
        ("dfw", None),
    ]
