"""What ServiceTitan answers on a bad day, and what comes of it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import count, repeat

import httpx
import pytest

from pipelines.servicetitan.api.client import Client
from pipelines.servicetitan.api.errors import AccessRefused, Refused, ScopeMissing, Unavailable
from pipelines.servicetitan.api.rate_limit import RateLimiter
from pipelines.servicetitan.api.retry import RetryPolicy, asked_wait
from pipelines.servicetitan.api.wire import http_client
from pipelines.settings import Settings
from pipelines.tenants import directory
from tests.servicetitan.readings import read
from tests.servicetitan.syncs import HASTY
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

LEADS = "/export/leads"


@pytest.fixture(autouse=True)
def a_lead(socal: Company) -> None:
    socal.add_lead(socal.add_customer())


@pytest.mark.parametrize("body", ["json", "html", "empty", "cut"])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_an_error_that_may_pass_is_tried_again(
    status: int, body: str, connection: Client, simulator: ServiceTitan
) -> None:
    simulator.faults.order("status", LEADS, status=status, body=body, times=2)
    assert len(read(connection, "leads").records) == 1
    assert len(simulator.log.of(LEADS)) == 3


@pytest.mark.parametrize("kind", ["drop", "cut", "lose_answer"])
def test_a_broken_connection_is_tried_again(kind: str, connection: Client, simulator: ServiceTitan) -> None:
    simulator.faults.order(kind, LEADS, times=2)
    assert len(read(connection, "leads").records) == 1


@pytest.mark.parametrize("body", ["html", "empty", "cut"])
def test_a_body_that_is_no_page_is_tried_again(body: str, connection: Client, simulator: ServiceTitan) -> None:
    simulator.faults.order("odd_body", LEADS, body=body, times=2)
    assert len(read(connection, "leads").records) == 1


@pytest.mark.parametrize("form", ["seconds", "date", "none"])
def test_a_429_is_waited_for_as_asked(form: str, settings: Settings, simulator: ServiceTitan) -> None:
    simulator.faults.order("rate_limit", LEADS, retry_after=form, seconds=30)
    waited: list[float] = []
    retry = replace(HASTY, total=60, sleep=waited.append)
    with http_client() as http:
        rate_limiter = RateLimiter(settings.data_dir / "budget.sqlite")
        connection = Client(settings, directory.find(settings, "socal"), http, rate_limiter, retry)
        assert len(read(connection, "leads").records) == 1
    assert [28 < wait < 31 for wait in waited] == [True]


def test_a_server_that_is_too_slow_is_asked_again(settings: Settings, simulator: ServiceTitan) -> None:
    simulator.faults.order("slow", LEADS, seconds=1.5)
    retry = replace(HASTY, timeout=1, total=10)
    with http_client() as http:
        rate_limiter = RateLimiter(settings.data_dir / "budget.sqlite")
        connection = Client(settings, directory.find(settings, "socal"), http, rate_limiter, retry)
        assert len(read(connection, "leads").records) == 1
    assert len(simulator.log.of(LEADS)) == 2


def test_what_does_not_pass_is_given_up_in_the_end_with_the_servers_last_word(
    connection: Client, simulator: ServiceTitan
) -> None:
    simulator.faults.order("status", LEADS, status=502, body="html", times=-1)
    with pytest.raises(Unavailable, match=r"given up after \d+ attempts in \d s; the last: HTTP 502 \(502 Bad Gateway"):
        read(connection, "leads")


def test_a_wait_beyond_our_patience_is_given_up_at_once(connection: Client, simulator: ServiceTitan) -> None:
    simulator.faults.order("rate_limit", LEADS, seconds=3600)
    with pytest.raises(Unavailable, match="given up after 1 attempts"):
        read(connection, "leads")


def test_a_token_that_ends_in_the_middle_is_asked_for_anew(
    connection: Client, simulator: ServiceTitan, socal: Company
) -> None:
    simulator.switches.export_page_size = 1
    socal.add_lead(socal.add_customer())
    simulator.faults.order("expire_tokens", LEADS, skip=1)
    assert len(read(connection, "leads").records) == 2
    assert len(simulator.log.of("/connect/token", "POST")) == 2


def test_a_token_that_ends_during_a_long_wait_is_asked_for_anew(
    connection: Client, simulator: ServiceTitan, world: World
) -> None:
    read(connection, "leads")
    simulator.faults.order("status", LEADS, status=503, times=3)
    world.advance(minutes=16)
    assert len(read(connection, "leads").records) == 1


def test_a_token_is_asked_for_again_before_it_ends(settings: Settings, simulator: ServiceTitan) -> None:
    simulator.switches.token_seconds = 1
    with http_client() as http:
        rate_limiter = RateLimiter(settings.data_dir / "budget.sqlite")
        connection = Client(settings, directory.find(settings, "socal"), http, rate_limiter, HASTY)
        read(connection, "leads")
        time.sleep(0.85)
        read(connection, "leads")
    assert len(simulator.log.of("/connect/token", "POST")) == 2
    assert {call.status for call in simulator.log.of(LEADS)} == {200}


def test_a_second_401_is_final(connection: Client, simulator: ServiceTitan) -> None:
    simulator.faults.order("status", LEADS, status=401, times=-1)
    with pytest.raises(AccessRefused, match="a fresh token was not taken"):
        read(connection, "leads")
    assert len(simulator.log.of(LEADS)) == 2


@pytest.mark.parametrize("status", [400, 401])
def test_a_bad_secret_is_asked_about_once_and_never_shown(
    status: int, settings: Settings, simulator: ServiceTitan
) -> None:
    simulator.switches.bad_secret_status = status  # type: ignore[assignment]
    simulator.tokens.clients[410387862].secrets = ["cs1.another"]
    with http_client() as http:
        rate_limiter = RateLimiter(settings.data_dir / "budget.sqlite")
        connection = Client(settings, directory.find(settings, "socal"), http, rate_limiter, HASTY)
        for _ in range(2):
            with pytest.raises(AccessRefused, match=r"SERVICETITAN_TENANTS__SOCAL__CLIENT_ID") as refusal:
                read(connection, "leads")
            assert "cs1.socal" not in str(refusal.value)
    assert len(simulator.log.of("/connect/token", "POST")) == 1


def test_a_token_server_on_a_bad_day_is_asked_again(connection: Client, simulator: ServiceTitan) -> None:
    simulator.faults.order("status", "/connect/token", status=503, times=2)
    assert len(read(connection, "leads").records) == 1


def test_a_missing_scope_is_named(connection: Client, simulator: ServiceTitan) -> None:
    simulator.tokens.clients[410387862].scopes.discard("tn.crm.leads:r")
    with pytest.raises(ScopeMissing, match=r"HTTP 403 .*needs the scope tn\.crm\.leads:r"):
        read(connection, "leads")


def test_a_request_at_fault_is_not_repeated(connection: Client, simulator: ServiceTitan) -> None:
    simulator.faults.order("status", LEADS, status=400, times=-1)
    with pytest.raises(Refused):
        read(connection, "leads")
    assert len(simulator.log.of(LEADS)) == 1


@pytest.mark.parametrize(
    ("headers", "title", "seconds"),
    [
        ({"retry-after": "7"}, "", 7),
        ({"retry-after": format_datetime(datetime(2026, 3, 2, 15, 0, 9, tzinfo=UTC), usegmt=True)}, "", 9),
        ({"retry-after": format_datetime(datetime(2026, 3, 2, 14, tzinfo=UTC), usegmt=True)}, "", 0),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "-5"}, "Too many requests. Please retry in 7 seconds.", 7),
        ({"retry-after": "Mon, 02 Mar 2026 15:00:09"}, "", 9),
        ({"retry-after": "99999999999"}, "", 86_400),
        ({}, f"Try again in {'9' * 400} seconds.", None),
        ({}, "Rate limit is exceeded. Try again in 21 seconds.", 21),
        ({}, "Too many", None),
    ],
)
def test_a_wait_is_read_in_every_form(headers: dict[str, str], title: str, seconds: float | None) -> None:
    response = httpx.Response(429, headers=headers, json={"title": title})
    assert asked_wait(response, datetime(2026, 3, 2, 15, tzinfo=UTC)) == seconds


def test_waits_double_up_to_a_limit_with_jitter() -> None:
    waits = [wait for wait, _ in zip(RetryPolicy(first=1, longest=60).delays(), range(8), strict=False)]
    assert all(top / 2 <= wait <= top for wait, top in zip(waits, [1, 2, 4, 8, 16, 32, 60, 60], strict=True))


def test_a_dead_address_is_said_plainly(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"servicetitan_api_url": "http://127.0.0.1:9"})
    retry = replace(HASTY, total=0.1)
    with http_client() as http:
        rate_limiter = RateLimiter(settings.data_dir / "budget.sqlite")
        with pytest.raises(Unavailable, match="ConnectError"):
            read(Client(nowhere, directory.find(settings, "socal"), http, rate_limiter, retry), "leads")


def test_a_body_that_drips_for_ever_ends(settings: Settings) -> None:
    class Drip(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            return repeat(b" ")

    ticks = count()
    retry = replace(HASTY, monotonic=lambda: float(next(ticks)), total=50)
    with http_client(httpx.MockTransport(lambda _: httpx.Response(200, stream=Drip()))) as http:
        rate_limiter = RateLimiter(settings.data_dir / "budget.sqlite")
        with pytest.raises(Unavailable, match="the body was not all there after 2 s"):
            read(Client(settings, directory.find(settings, "socal"), http, rate_limiter, retry), "leads")


def test_a_head_that_drips_for_ever_ends(settings: Settings, simulator: ServiceTitan) -> None:
    simulator.faults.order("trickle", LEADS, seconds=0.1, times=-1)
    retry = replace(HASTY, timeout=0.5, total=0.5)
    with http_client() as http:
        rate_limiter = RateLimiter(settings.data_dir / "budget.sqlite")
        with pytest.raises(Unavailable, match="ReadTimeout"):
            read(Client(settings, directory.find(settings, "socal"), http, rate_limiter, retry), "leads")
