"""What callers of the actions API get from the one client, where ServiceTitan has a bad day."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest

from pipelines.servicetitan.api.access_token import NO_TOKEN
from pipelines.servicetitan.api.client import Client, client_per_tenant
from pipelines.servicetitan.api.deadline import Deadline
from pipelines.servicetitan.api.errors import (
    AccessRefused,
    Invalid,
    OutcomeUnknown,
    RateLimited,
    Refused,
    ServiceTitanError,
    Unavailable,
)
from pipelines.servicetitan.api.rate_limit import RateLimiter
from pipelines.servicetitan.api.responses import parse
from pipelines.servicetitan.api.retry import RetryPolicy
from pipelines.servicetitan.api.visit import Visit
from pipelines.settings import Settings
from pipelines.tenants import directory
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company

READ = RetryPolicy(first=0.02, longest=0.1, total=0.5, timeout=2)
TOKEN = replace(READ, timeout=0.5)
CUSTOMERS = "/customers"
LEAD = {"summary": "leaks", "campaignId": 1, "priority": "Normal"}


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    """To SOCAL, with parts of a second of patience."""
    limiter = RateLimiter(settings.data_dir / "budget.sqlite")
    clients = client_per_tenant(settings, limiter, read=READ, write=READ, token=TOKEN)
    yield clients[directory.find(settings, "socal")]
    for one in clients.made():
        one.close()


def customers(client: Client, deadline: Deadline | None = None) -> object:
    return client.get("crm", "customers", {"page": 1}, scope="tn.crm.customers:r", deadline=deadline)


@pytest.mark.parametrize("fault", [{"kind": "hang"}, {"kind": "status", "status": 503}], ids=["hangs", "refuses"])
def test_who_waits_for_a_token_in_vain_hears_it_in_the_same_words(
    fault: dict[str, Any], client: Client, simulator: ServiceTitan
) -> None:
    simulator.faults.order(path="/connect/token", times=-1, **fault)

    def failure(ask: object) -> ServiceTitanError:
        with pytest.raises(Unavailable) as raised:
            client.connected() if ask == "connected" else customers(client)
        return raised.value

    with ThreadPoolExecutor(3) as callers:
        failures = list(callers.map(failure, ["connected", "customers", "customers"]))
    assert {str(one) for one in failures} == {NO_TOKEN}
    assert str(client.trouble()) == NO_TOKEN


def test_a_callers_own_deadline_does_not_end_the_request_for_a_token(client: Client, simulator: ServiceTitan) -> None:
    simulator.faults.order("slow", "/connect/token", seconds=0.3)
    with pytest.raises(Unavailable):
        customers(client, Deadline(0.1))
    customers(client)
    assert len(simulator.log.of("/connect/token", "POST")) == 1


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [(429, RateLimited, "HTTP 429"), (503, RateLimited, "HTTP 503"), (500, Unavailable, "HTTP 500")],
)
def test_what_does_not_pass_is_said_briefly(
    status: int, error: type[ServiceTitanError], words: str, client: Client, simulator: ServiceTitan
) -> None:
    simulator.faults.order("status", CUSTOMERS, status=status, body="html", times=-1)
    with pytest.raises(error) as raised:
        customers(client)
    assert (str(raised.value), str(client.trouble())) == (words, words)
    assert len(simulator.log.of(CUSTOMERS)) > 1


def test_a_read_whose_answer_is_lost_is_sent_again_and_a_write_is_not(client: Client, simulator: ServiceTitan) -> None:
    simulator.faults.order("lose_answer", CUSTOMERS, times=1)
    customers(client)
    simulator.faults.order("lose_answer", "/leads", method="POST", times=-1)
    with pytest.raises(OutcomeUnknown, match=r"^the answer was lost \(RemoteProtocolError\)$"):
        client.post("crm", "leads", LEAD, scope="tn.crm.leads:w")
    assert (len(simulator.log.of(CUSTOMERS)), len(simulator.log.of("/leads", "POST"))) == (2, 1)


def test_a_second_401_is_final_for_a_caller_too(client: Client, simulator: ServiceTitan) -> None:
    simulator.faults.order("status", CUSTOMERS, status=401, times=-1)
    with pytest.raises(AccessRefused, match="is the app connected in this tenant"):
        customers(client)
    assert (len(simulator.log.of(CUSTOMERS)), len(simulator.log.of("/connect/token", "POST"))) == (2, 2)
    assert client.trouble() is None


def test_a_reading_that_goes_on_after_its_time_may_ask_for_a_token(
    settings: Settings, simulator: ServiceTitan, socal: Company
) -> None:
    """Only silence ends what can only be read as a whole."""
    socal.add_customer("Ada")
    limiter = RateLimiter(settings.data_dir / "budget.sqlite")
    with httpx.Client(trust_env=False) as http:
        client = Client(settings, directory.find(settings, "socal"), http, limiter, READ, visit=Visit(seconds=0))
        client.read("crm", "customers", {"page": "1"}, bytes, whole=True)
    assert [call.status for call in simulator.log.of(CUSTOMERS)] == [200]


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_request_at_fault_is_refused_with_the_fields(status: int) -> None:
    answer = httpx.Response(status, json={"title": "Bad", "errors": {"phone": ["too short"]}})
    with pytest.raises(Refused) as raised:
        parse(answer, "", writing=True)
    assert isinstance(raised.value, Invalid)
    assert (raised.value.status, raised.value.errors) == (status, {"phone": ["too short"]})
