"""What the API stores, and what becomes of it with the next sync."""

import shutil
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from pipelines.analytics.publish import publish
from pipelines.derivation.derive import derive
from pipelines.servicetitan.sync import load
from pipelines.settings import Settings
from tests.actions.conftest import Api
from tests.actions.test_contact_links import link
from tests.actions.test_leads import CONTACT, LEAD, end_of
from tests.simulator.world import Company, World


def sync(settings: Settings, world: World) -> None:
    world.advance(minutes=20)
    load(settings, clock=world.now)
    derive(settings.warehouse, world.now(), work_dir=settings.data_dir / "dbt", tests=False)
    publish(settings.warehouse, settings.analytics, str(world.now()))


@pytest.mark.prove
def test_links_follow_merges_and_moves(
    api: Api, settings: Settings, world: World, socal: Company, ada: int, parsed_project: Path
) -> None:
    shutil.copytree(parsed_project, settings.data_dir / "dbt")
    bob, carl, adas_double, carls_double = (socal.add_customer(name) for name in ("Bob", "Carl", "Ada", "Carl"))
    of = {who: str(uuid4()) for who in (ada, bob, adas_double, carls_double)}
    for who, contact in of.items():
        assert link(api, who, contact).status_code == 200
    sync(settings, world)
    assert [contact_of(api, who) for who in of] == [*of.values()]
    socal.merge_customers(adas_double, ada)
    socal.merge_customers(carls_double, carl)
    sync(settings, world)
    assert [contact_of(api, who) for who in (ada, bob, carl)] == [of[ada], of[bob], of[carls_double]]
    assert "is linked to contact " + of[carls_double] in link(api, carl, CONTACT).json()["detail"]
    assert link(api, bob, of[ada], replace=True).json()["moved_from"] == [ada]
    sync(settings, world)
    assert [contact_of(api, who) for who in (ada, bob, carl)] == [of[adas_double], of[ada], of[carls_double]]


def contact_of(api: Api, customer_id: int) -> str | None:
    contact_id: str | None = api.read(f"/customers/{customer_id}/state", tenant="socal").json()["contact_id"]
    return contact_id


def test_states_and_links_reach_the_state_table_with_the_next_sync(
    api: Api, settings: Settings, world: World, socal: Company, ada: int, parsed_project: Path
) -> None:
    shutil.copytree(parsed_project, settings.data_dir / "dbt")
    sync(settings, world)
    path = f"/customers/{ada}/state?tenant=socal"
    assert api.get(path).json()["current_state"] == 0.0
    set_at = world.now() + timedelta(minutes=1)
    world.advance(minutes=1)
    assert api.write(path, {"state": 3, "reason": "r", "expected_state": 0}, method="PUT").status_code == 202
    end_of(api, api.post("/webhooks/leads", json=LEAD))
    sync(settings, world)
    state = api.get(path).json()
    assert (state["current_state"], state["contact_id"], state["pending"]) == (3.0, CONTACT, None)
    assert [step["event_name"] for step in state["history"]] == ["lead_created", "state_set"]
    assert state["state_changed_at"] == set_at.isoformat().replace("+00:00", "Z")
    assert len(socal.records("leads")) == 1
