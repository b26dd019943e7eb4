"""Who may call what, and what a refusal looks like."""

import logging
from pathlib import Path

import httpx
import pytest

from pipelines.actions.app import app
from pipelines.actions.web.tokens import accesses
from pipelines.operations import open_operations
from pipelines.settings import ConfigurationError, Settings, load_settings
from tests.actions.conftest import Api, Open
from tests.simulator.world import Company

OURS = ("pipelines", "httpx")
ROUTES = [
    ("GET", "/integration"),
    ("GET", "/actions"),
    ("POST", "/actions/servicetitan_get_jobs"),
    ("POST", "/auth"),
    ("GET", "/customers/1"),
    ("GET", "/customers"),
    ("POST", "/customers"),
    ("GET", "/appointments"),
    ("GET", "/jobs"),
    ("GET", "/estimates"),
    ("GET", "/leads"),
    ("POST", "/leads"),
    ("POST", "/bookings"),
    ("GET", "/customers/1/state"),
    ("PUT", "/customers/1/state"),
    ("GET", "/transitions/9e10"),
    ("POST", "/sync"),
    ("POST", "/webhooks/leads"),
    ("GET", "/webhooks/leads"),
]


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer wrong", "Basic simulator-token", "simulator-token"])
def test_every_route_but_health_needs_a_token(api: Api, sent: str) -> None:
    for method, path in ROUTES:
        refused = api.request(method, path, content=b"{", headers={"authorization": sent})
        assert (path, refused.status_code, refused.json()["code"]) == (path, 401, "unauthenticated")
        assert refused.headers["www-authenticate"] == "Bearer"
    assert api.get("/health", headers={"authorization": sent}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/nowhere", "/docs/", "/redoc", "/health", "/api/servicetitan/health/"])
def test_a_path_that_no_route_declares_open_needs_a_token(api: Api, path: str) -> None:
    assert httpx.get(f"{api.url}{path}").status_code == 401


def test_errors_are_problem_details(api: Api) -> None:
    for refused in (
        api.get("/nowhere"),
        api.delete("/jobs"),
        api.get("/customers/seven"),
        api.post("/customers", content=b"{"),
        api.post("/customers", content=b"{}", headers={"content-type": "text/plain"}),
        api.post("/actions/servicetitan_get_jobs", json={"input": {"misspelt": 1}}),
    ):
        problem = refused.json()
        assert refused.headers["content-type"] == "application/problem+json"
        assert problem["status"] == refused.status_code
        assert problem["type"].endswith(problem["code"])
        assert problem["title"]
        assert problem["detail"]


def test_unknown_fields_are_refused_and_named(api: Api) -> None:
    for refused in (
        api.read("/jobs", tenant="socal", jobStatus="Hold"),
        api.read("/customers/1", tenant="socal", expand="all"),
        api.read("/integration", jobStatus="Hold"),
        api.post("/actions/servicetitan_get_jobs?jobStatus=1", json={"input": {}}),
        api.post("/auth", json={"tenant": "socal", "jobStatus": "Hold"}),
    ):
        assert refused.status_code == 422
        assert set(refused.json()["errors"]) & {"jobStatus", "expand"}


def test_numbers_in_a_body_are_not_texts(api: Api) -> None:
    refused = api.post("/actions/servicetitan_get_jobs", json={"tenant": "socal", "input": {"customer_id": "1"}})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["input.customer_id"])


def test_large_bodies_are_refused_before_they_are_read(api: Api) -> None:
    large = b'{"tenant": "' + b"x" * 70_000
    assert api.post("/auth", content=large).json()["code"] == "too_large"
    assert api.post("/auth", content=iter([large])).json()["code"] == "too_large"  # without a content-length


def test_a_token_that_is_bound_to_a_tenant_sees_no_other(open_api: Open, socal: Company, dfw: Company) -> None:
    api = open_api("t", ACTIONS_TOKENS="caller:t:rw:dfw")
    ada, bob = socal.add_customer("Ada"), dfw.add_customer("Bob")
    assert [tenant["name"] for tenant in api.get("/integration").json()["tenants"]] == ["dfw"]
    assert api.get("/actions").json()["tenants"] == ["dfw"]
    assert api.read(f"/customers/{bob}").status_code == 200
    closed, nowhere = api.read(f"/customers/{ada}", tenant="socal"), api.read(f"/customers/{ada}", tenant="nowhere")
    assert closed.status_code == nowhere.status_code == 404
    assert closed.json() == nowhere.json()


def test_a_reading_token_writes_nothing(open_api: Open, socal: Company) -> None:
    api = open_api("t", ACTIONS_TOKENS="caller:t:ro")
    ada = socal.add_customer("Ada")
    assert api.read(f"/customers/{ada}", tenant="socal").status_code == 200
    assert all(not action["writes"] for action in api.get("/actions").json()["actions"])
    for path in ("/leads", "/sync", "/webhooks/leads?tenant=socal"):
        body = {"campaign_id": 1, "summary": "s", "call_reason_id": 1} if path == "/leads" else {}
        assert api.write(path, body).json()["code"] == "not_permitted"


def test_too_many_requests_are_told_when_to_come_back(open_api: Open) -> None:
    api = open_api(ACTIONS_REQUESTS_PER_SECOND="1")
    answers = [api.get("/actions") for _ in range(6)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].json()["code"] == "too_many_requests"
    assert int(refused[0].headers["retry-after"]) >= 1


def test_no_page_of_another_origin_is_let_in(api: Api) -> None:
    asked = {"origin": "https://elsewhere.example", "access-control-request-method": "GET"}
    assert not [name for name in api.options("/jobs", headers=asked).headers if name.startswith("access-control")]
    assert not [name for name in api.get("/jobs", headers=asked).headers if name.startswith("access-control")]


def test_the_log_holds_neither_tokens_nor_contact_data(
    api: Api, socal: Company, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    socal.add_customer("Ada Lovelace", phone="(213) 555-2823", email="ada@example.com")
    api.read("/customers", tenant="socal", phone="213-555-2823")
    api.read("/customers", tenant="socal", email="ada@example.com")
    api.read("/customers", tenant="socal", phone="not a number: ada")
    lines = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(OURS)).lower()
    assert "flow-builder get /customers 200" in lines
    for secret in ("ada", "5552823", "555-2823", "simulator-token", "cs1."):
        assert secret not in lines


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        ("", "ACTIONS_TOKENS: not set"),
        ("flow-builder", "entry 1: expected name:token"),
        ("a:secret-token,b:", "entry 2: expected name:token"),
        ("a:secret-token:read", "found 'read' after the token; expected ro or rw"),
        ("a:secret-token:ro:nowhere", "tenant 'nowhere' is not configured"),
        ("a:secret-token,a:other", "two entries have the same name"),
        ("a:secret-token,b:secret-token", "two entries have the same token"),
        ("a:secret-token:ro:socal:more", "expected name:token"),
        ("webhook:secret-token", "is taken"),
    ],
)
def test_wrong_tokens_stop_the_start_and_are_not_shown(
    env: dict[str, str], tmp_path: Path, tokens: str, said: str
) -> None:
    file = tmp_path / "wrong.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in (env | {"ACTIONS_TOKENS": tokens}).items()))
    with pytest.raises(ConfigurationError) as refused:
        app(load_settings(file))
    assert said in str(refused.value)
    assert "secret-token" not in str(refused.value)


def test_a_token_opens_by_default_everything(settings: Settings) -> None:
    (access,) = accesses(settings)
    assert (access.name, access.writes, access.tenants) == ("flow-builder", True, None)


def test_what_goes_wrong_inside_is_not_told_outside(
    api: Api, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.analytics.write_bytes(b"no database")
    failed = api.read("/customers/1/state", tenant="socal")
    assert (failed.status_code, failed.json()["code"]) == (500, "internal")
    assert str(settings.analytics) not in failed.text
    assert "reader.py" in caplog.text
    with open_operations(settings.operations) as con:
        con.execute("drop table idempotency_keys")
    lead = {"tenant": "socal", "campaign_id": 1, "summary": "s", "call_reason_id": 1}
    unrecorded = api.write("/leads", lead)
    assert (unrecorded.status_code, unrecorded.json()["code"]) == (503, "not_recorded")
