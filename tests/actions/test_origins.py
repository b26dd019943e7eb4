"""Pages of other origins: those that ACTIONS_ORIGINS names, and no others."""

from pathlib import Path

import httpx
import pytest

from pipelines.settings import ConfigurationError, load_settings
from tests.actions.conftest import PREFIX, Api, Open
from tests.actions.test_floods import GARBAGE, LEADS

FLOWS, OTHER = "https://flows.example.com", "https://elsewhere.example.com"
ASKED = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,idempotency-key"}


@pytest.fixture
def api(open_api: Open) -> Api:
    return open_api(ACTIONS_ORIGINS=f"{FLOWS},http://127.0.0.1:5173", ACTIONS_REQUESTS_PER_SECOND="1")


def shown_to(answer: httpx.Response) -> str | None:
    origin: str | None = answer.headers.get("access-control-allow-origin")
    return origin


def preflight(api: Api, origin: str, **asked: str) -> httpx.Response:
    return httpx.options(f"{api.url}{PREFIX}/leads", headers={"origin": origin} | ASKED | asked)


@pytest.mark.parametrize("origin", [FLOWS, "http://127.0.0.1:5173"])
def test_a_preflight_of_a_named_origin_needs_no_token(api: Api, origin: str) -> None:
    answer = preflight(api, origin)
    assert (answer.status_code, shown_to(answer)) == (200, origin)
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "Idempotency-Key" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin", [OTHER, "null", "https://flows.example.com.evil.example", "http://flows.example.com"]
)
def test_a_preflight_of_another_origin_is_refused_as_a_problem(api: Api, origin: str) -> None:
    answer = preflight(api, origin)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_preflight_for_what_no_page_may_do_is_refused(api: Api) -> None:
    for asked in ({"access-control-request-method": "TRACE"}, {"access-control-request-headers": "x-other"}):
        answer = httpx.options(f"{api.url}{PREFIX}/leads", headers={"origin": FLOWS} | ASKED | asked)
        assert (answer.status_code, shown_to(answer)) == (403, None)


def test_answers_and_refusals_can_be_read_by_the_page_that_asked(api: Api) -> None:
    origin = {"origin": FLOWS}
    refused = [
        httpx.get(f"{api.url}{PREFIX}/jobs", headers=origin),
        api.post("/leads", json={"tenant": "socal"}, headers=origin),
        api.post("/auth", content=b"x" * 70_000, headers=origin),
        api.get("/nowhere", headers=origin),
    ]
    refused += [api.get("/actions", headers=origin) for _ in range(6)]
    assert [answer.status_code for answer in refused[:4]] == [401, 422, 413, 404]
    assert {200, 429} >= {answer.status_code for answer in refused[4:]} >= {429}
    assert {shown_to(answer) for answer in refused} == {FLOWS}
    assert all("Origin" in answer.headers["vary"] for answer in refused)
    assert "Retry-After" in refused[-1].headers["access-control-expose-headers"]


def test_a_page_of_another_origin_is_shown_nothing(api: Api) -> None:
    assert shown_to(api.get("/actions", headers={"origin": OTHER})) is None
    assert shown_to(api.get("/actions")) is None


def test_a_flood_of_preflights_takes_nothing_from_anybody(api: Api) -> None:
    """Nor is a page's origin a token."""
    assert {preflight(api, FLOWS).status_code for _ in range(50)} == {200}
    assert api.get("/actions", headers={"origin": FLOWS}).status_code == 200
    signed = {"origin": FLOWS, "webhook-signature": GARBAGE, "webhook-id": "m", "webhook-timestamp": "1"}
    assert httpx.post(api.url + LEADS, headers=signed, content=b"{}").status_code == 401


@pytest.mark.parametrize(
    ("origins", "said"),
    [
        ("*", "never *"),
        (f"{FLOWS},*", "never *"),
        ("https://*.example.com", "never *"),
        ("http://flows.example.com", "expected https://host"),
        ("flows.example.com", "expected https://host"),
        ("null", "expected https://host"),
        ("https://flows.example.com/", "is written https://flows.example.com"),
        ("https://Flows.Example.com:443/app", "is written https://flows.example.com"),
        ("https://flöws.example.com", "is written https://xn--flws-6qa.example.com"),
        ("https://you@flows.example.com", "is written https://flows.example.com"),
        ("https://your-flow-builder", "which .env.example has in its place"),
    ],
)
def test_what_is_no_origin_stops_the_start(env: dict[str, str], tmp_path: Path, origins: str, said: str) -> None:
    file = tmp_path / "wrong.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in (env | {"ACTIONS_ORIGINS": origins}).items()))
    with pytest.raises(ConfigurationError) as refused:
        load_settings(file)
    assert str(refused.value).startswith("ACTIONS_ORIGINS: found ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_origin_may_have_a_port_or_be_an_address(env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "right.env"
    origins = "https://flows.example.com:8443, http://[::1]:5173,http://localhost"
    file.write_text("".join(f"{name}={value}\n" for name, value in (env | {"ACTIONS_ORIGINS": origins}).items()))
    assert load_settings(file).actions_origins == origins.replace(" ", "").split(",")
