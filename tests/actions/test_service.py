"""The integration card and connecting."""

from tests.actions.conftest import SOCAL, Api
from tests.simulator.servicetitan import ServiceTitan


def test_the_card_says_who_is_connected_and_why_not(api: Api, simulator: ServiceTitan) -> None:
    simulator.tokens.clients[SOCAL].secrets[:] = ["another-secret"]
    card = api.get("/integration").json()
    assert {name: card[name] for name in ("id", "name", "category", "auth_type")} == {
        "id": "servicetitan",
        "name": "Service Titan",
        "category": "crm",
        "auth_type": "oauth2",
    }
    socal, dfw = card["tenants"]
    assert (socal["connected"], socal["reason"]) == (
        False,
        "ServiceTitan refuses the tenant's credentials, or its token",
    )
    assert (dfw["connected"], dfw["reason"]) == (True, None)
    assert api.get("/health").json()["status"] == "degraded"


def test_connecting_gives_scopes_and_never_the_token(api: Api, simulator: ServiceTitan) -> None:
    connected = api.post("/auth", json={"tenant": "dfw"}).json()
    assert (connected["connected"], connected["expires_in"]) == (True, 900)
    assert "tn.crm.customers:r" in connected["scopes"]
    assert set(connected) == {"connected", "expires_in", "scopes"}
    assert api.post("/auth?tenant=dfw").status_code == 200
    assert len(simulator.log.of("/connect/token", "POST")) == 2


def test_connecting_with_wrong_credentials_says_so(api: Api, simulator: ServiceTitan) -> None:
    simulator.tokens.clients[SOCAL].secrets[:] = ["another-secret"]
    refused = api.post("/auth", json={"tenant": "socal"})
    assert (refused.status_code, refused.json()["code"]) == (502, "unavailable")


def test_without_dagster_all_else_goes_on(api: Api) -> None:
    refused = api.post("/sync")
    assert (refused.status_code, refused.json()["code"]) == (502, "sync_unavailable")
    assert api.get("/integration").status_code == 200
