"""The integration card, connecting, and starting a sync."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.actions.conftest import SOCAL, Api, Open
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


@contextmanager
def dagster(answers: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Dagster's GraphQL, as far as it is asked; gives what it was sent."""
    asked: list[dict[str, Any]] = []

    class GraphQL(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            name = "launchRun" if "launchRun" in asked[-1]["query"] else "runsOrError"
            body = json.dumps({"data": {name: answers[name]}}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), GraphQL) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


IDLE = {"__typename": "Runs", "results": []}
STARTED = {"__typename": "LaunchRunSuccess", "run": {"runId": "r1"}}


@pytest.mark.parametrize(
    ("tokens", "body", "tenants"),
    [("a:t", {}, []), ("a:t", {"tenant": "dfw"}, ["dfw"]), ("a:t:rw:dfw", {}, ["dfw"])],
)
def test_a_sync_is_started_for_the_tenants_that_the_caller_may_ask_for(
    open_api: Open, tokens: str, body: dict[str, str], tenants: list[str]
) -> None:
    with dagster({"runsOrError": IDLE, "launchRun": STARTED}) as (url, asked):
        api = open_api("t", ACTIONS_TOKENS=tokens, DAGSTER_URL=url)
        started = api.post("/sync", json=body)
        assert started.status_code == 202
        assert started.json() == {"run_id": "r1", "url": f"{url}/runs/r1", "tenants": tenants}
    params = asked[-1]["variables"]["params"]
    assert params["selector"]["pipelineName"] == "sync"
    assert params["selector"]["repositoryLocationName"] == "servicetitan-flow"
    config = {"ops": {"extract": {"config": {"tenants": tenants}}}} if tenants else {}
    assert params["runConfigData"] == config


def test_a_sync_beside_another_is_refused(open_api: Open) -> None:
    with dagster({"runsOrError": {"__typename": "Runs", "results": [{"runId": "r0"}]}}) as (url, _):
        refused = open_api(DAGSTER_URL=url).post("/sync")
    assert (refused.status_code, refused.json()["code"], refused.json()["run_id"]) == (409, "already_running", "r0")


def test_without_dagster_all_else_goes_on(api: Api) -> None:
    refused = api.post("/sync")
    assert (refused.status_code, refused.json()["code"]) == (502, "sync_unavailable")
    assert api.get("/integration").status_code == 200
