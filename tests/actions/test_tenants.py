"""Tenants that come, change and go while the API runs: whoever needs one asks the directory."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from pipelines.actions.app import app
from pipelines.settings import Settings
from tests.actions.conftest import READ, SOCAL, WRITE, Api, served
from tests.actions.test_leads import LEAD, end_of
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World


@pytest.fixture
def api(settings: Settings, world: World) -> Iterator[Api]:
    """Of the very settings that the test holds."""
    with served(app(settings, world.now, read=READ, write=WRITE, pauses=(0.0, 0.05))) as url, Api(url) as api:
        yield api


def test_a_tenant_that_comes_later_is_served_by_everything(settings: Settings, api: Api, dfw: Company) -> None:
    bob, late = dfw.add_customer("Bob"), settings.servicetitan_tenants.pop("dfw")
    assert api.get("/actions").json()["tenants"] == ["socal"]
    assert api.read(f"/customers/{bob}", tenant="dfw").status_code == 404
    assert [one["name"] for one in api.get("/health").json()["tenants"]] == ["socal"]
    settings.servicetitan_tenants["dfw"] = late
    assert api.read(f"/customers/{bob}", tenant="dfw").json()["id"] == bob
    assert {one["name"]: one["connected"] for one in api.get("/health").json()["tenants"]} == {
        "socal": True,
        "dfw": True,
    }
    done = end_of(api, api.post("/webhooks/leads", json=LEAD | {"tenant": "dfw"}), "dfw")
    assert (done["status"], len(dfw.records("leads"))) == ("done", 1)


@pytest.mark.parametrize("tenant", [["socal"], True, 1e300])
def test_what_is_no_tenant_is_refused_by_the_name_of_the_field(api: Api, tenant: object) -> None:
    refused = api.write("/leads", {"tenant": tenant, "campaign_id": 1, "summary": "Door", "call_reason_id": 7})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["tenant"])


def test_a_tenant_that_goes_is_known_no_more(settings: Settings, api: Api, ada: int) -> None:
    assert api.read(f"/customers/{ada}", tenant="socal").status_code == 200
    del settings.servicetitan_tenants["socal"]
    assert api.read(f"/customers/{ada}", tenant="socal").status_code == 404
    assert api.get("/actions").json()["tenants"] == ["dfw"]


def test_a_changed_secret_is_used_from_the_next_call_on(
    settings: Settings, api: Api, simulator: ServiceTitan, ada: int
) -> None:
    simulator.tokens.clients[SOCAL].secrets = ["cs1.new"]
    assert api.read(f"/customers/{ada}", tenant="socal").json()["code"] == "unavailable"
    changed = settings.servicetitan_tenants["socal"].model_copy(update={"client_secret": SecretStr("cs1.new")})
    settings.servicetitan_tenants["socal"] = changed
    assert api.read(f"/customers/{ada}", tenant="socal").status_code == 200
