"""One tenant's trouble is no other's, and what nobody waits for is given up."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest

from pipelines.settings import Settings
from tests.actions.conftest import IN_A_FILE, SOCAL, Api, Open
from tests.actions.test_leads import LEAD, end_of
from tests.actions.test_writes import ADA
from tests.actions.test_writes import LEAD as API_LEAD
from tests.simulator.request_log import Call
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company

FLOOD = 100
HANGING: list[tuple[str, dict[str, Any]]] = [("slow", {"seconds": 60}), ("trickle", {"seconds": 0.5})]


def calls(simulator: ServiceTitan, tenant: int) -> list[Call]:
    return [call for call in list(simulator.log.calls) if call.tenant == tenant]


def impatiently(api: Api, method: str, path: str, **content: Any) -> None:
    """Hangs up before there is an answer."""
    with pytest.raises(httpx.ReadTimeout), Api(api.url) as caller:
        caller.request(method, path, timeout=0.4, **content)


def settled(api: Api, path: str, body: dict[str, Any], key: str) -> httpx.Response:
    """The answer, once the first request with that key is over."""
    for _ in range(200):
        answer = api.write(path, body, key)
        if answer.status_code != 409 or answer.json()["code"] != "in_progress":
            return answer
        time.sleep(0.05)
    raise AssertionError("still in progress")


@pytest.mark.parametrize(("fault", "fields"), HANGING)
def test_a_tenant_that_hangs_takes_no_other_with_it(
    open_api: Open, simulator: ServiceTitan, ada: int, dfw: Company, fault: str, fields: dict[str, Any]
) -> None:
    api, bob = open_api(ACTIONS_REQUESTS_PER_SECOND="1000"), dfw.add_customer("Bob Stone")
    assert api.read(f"/customers/{ada}", tenant="socal").status_code == 200  # the tokens are there
    simulator.log.clear()
    simulator.faults.order(fault, tenant=SOCAL, times=-1, **fields)
    with Api(api.url) as caller, ThreadPoolExecutor(FLOOD) as callers:
        hanging = [callers.submit(caller.read, f"/customers/{ada}", tenant="socal") for _ in range(FLOOD)]
        while len(calls(simulator, SOCAL)) < 8:
            time.sleep(0.01)
        assert api.read(f"/customers/{bob}", tenant="dfw").status_code == 200
        assert api.get("/health").status_code == 200
        assert api.get("/actions").status_code == 200
        assert api.read("/customers/1/state", tenant="socal").json()["code"] == "not_found"
        assert end_of(api, api.post("/webhooks/leads", json=LEAD | {"tenant": "dfw"}), "dfw")["status"] == "done"
        assert not all(request.done() for request in hanging)
        answers = [request.result() for request in hanging]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(502, "unavailable"), (503, "busy")}
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 503)
    assert len(calls(simulator, SOCAL)) <= 8 * 2 * 2  # two calls of each of eight, one after the other


def test_health_tells_of_the_trouble_and_of_its_end(api: Api, simulator: ServiceTitan, ada: int) -> None:
    assert api.read(f"/customers/{ada}", tenant="socal").status_code == 200  # the token is there
    simulator.faults.order("status", tenant=SOCAL, status=502, body="html", times=-1)
    assert api.read(f"/customers/{ada}", tenant="socal").status_code == 502
    troubled = api.get("/health").json()
    assert troubled["status"] == "degraded"
    assert [(tenant["connected"], tenant["trouble"]) for tenant in troubled["tenants"]] == [
        (True, "HTTP 502"),
        (True, None),
    ]
    simulator.faults.clear()
    assert api.read(f"/customers/{ada}", tenant="socal").status_code == 200
    assert api.get("/health").json()["status"] == "ok"


def test_health_does_not_wait_for_a_token_server_that_hangs(api: Api, simulator: ServiceTitan) -> None:
    simulator.faults.order("slow", "/connect/token", seconds=60, times=-1)
    for _ in range(20):
        health = api.get("/health").json()
    assert [tenant["connected"] for tenant in health["tenants"]] == [False, False]
    assert len(simulator.log.of("/connect/token", "POST")) == 2  # none of these was over yet


def test_who_hangs_up_makes_no_more_calls(api: Api, simulator: ServiceTitan, ada: int) -> None:  # noqa: ARG001
    simulator.faults.order("slow", "/customers", method="GET", seconds=1)
    impatiently(api, "GET", "/customers", params={"tenant": "socal", "phone": "213-555-2823"})
    for _ in range(500):  # on a slow machine the caller is gone before there is one
        if any(call.status for call in simulator.log.of("/customers", "GET")):
            break
        time.sleep(0.01)
    time.sleep(1.5)  # the answer has come, and nobody goes on with it
    assert simulator.log.of("/customers/contacts", "GET") == []


def test_who_hangs_up_before_the_write_has_written_nothing_and_may_come_again(
    api: Api, simulator: ServiceTitan, socal: Company
) -> None:
    simulator.faults.order("slow", "/customers", method="GET", seconds=1)
    impatiently(api, "POST", "/customers", json=ADA, headers={"idempotency-key": "key"})
    assert settled(api, "/customers", ADA, "key").headers.get("idempotent-replayed") is None
    assert len(socal.records("customers")) == len(simulator.log.of("/customers", "POST")) == 1


def test_a_write_that_was_begun_comes_to_its_end_without_its_caller(
    api: Api, simulator: ServiceTitan, socal: Company
) -> None:
    simulator.faults.order("slow", "/leads", method="POST", seconds=0.9)
    impatiently(api, "POST", "/leads", json=API_LEAD, headers={"idempotency-key": "key"})
    assert settled(api, "/leads", API_LEAD, "key").headers["idempotent-replayed"] == "true"
    assert len(socal.records("leads")) == len(simulator.log.of("/leads", "POST")) == 1


def test_an_unknown_outcome_is_looked_for_without_its_caller(api: Api, simulator: ServiceTitan, socal: Company) -> None:
    simulator.faults.order("trickle", "/leads", method="POST", seconds=0.2)  # WRITE waits for a second
    impatiently(api, "POST", "/leads", json=API_LEAD, headers={"idempotency-key": "key"})
    assert settled(api, "/leads", API_LEAD, "key").status_code == 201
    assert len(socal.records("leads")) == len(simulator.log.of("/leads", "POST")) == 1


def test_leads_of_a_tenant_that_hangs_keep_no_others_waiting(api: Api, simulator: ServiceTitan, dfw: Company) -> None:
    simulator.faults.order("slow", tenant=SOCAL, seconds=60, times=-1)
    waiting = [api.post("/webhooks/leads", json=LEAD | {"external_id": f"form-{n}"}) for n in range(10)]
    done = end_of(api, api.post("/webhooks/leads", json=LEAD | {"tenant": "dfw"}), "dfw")
    assert (done["status"], len(dfw.records("leads"))) == ("done", 1)
    statuses = [api.read(f"/webhooks/leads/{one.json()['id']}", tenant="socal").json()["status"] for one in waiting]
    assert statuses == ["open"] * 10


def test_who_waits_for_a_token_in_vain_shares_the_failure(api: Api, simulator: ServiceTitan, ada: int) -> None:
    simulator.faults.order("status", "/connect/token", status=503, times=-1)
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: api.read(f"/customers/{ada}", tenant="socal"), range(8)))
    assert {answer.json()["code"] for answer in answers} <= {"unavailable", "busy"}
    assert len(simulator.log.of("/connect/token", "POST")) < 20  # eight of them in turn would ask forty times


def test_a_tenants_reads_do_not_wait_for_its_writes(api: Api, simulator: ServiceTitan, ada: int) -> None:
    simulator.faults.order("slow", "/leads", method="POST", seconds=0.9, times=8)
    with ThreadPoolExecutor(8) as callers:
        writes = [callers.submit(api.write, "/leads", API_LEAD | {"summary": str(n)}) for n in range(4)]
        while len(simulator.log.of("/leads", "POST")) < 4:
            time.sleep(0.01)
        assert api.read(f"/customers/{ada}", tenant="socal").status_code == 200
        assert not any(write.done() for write in writes)
    assert {write.result().status_code for write in writes} == {201}


@IN_A_FILE
def test_who_reads_does_not_wait_for_a_sync_that_holds_the_file(api: Api, settings: Settings) -> None:
    with (
        closing(sqlite3.connect(settings.operations_file, isolation_level=None)) as sync,
        ThreadPoolExecutor(8) as callers,
    ):
        sync.execute("begin immediate")
        leads = [callers.submit(api.post, "/webhooks/leads", json=LEAD | {"external_id": str(n)}) for n in range(8)]
        assert api.read("/webhooks/leads", tenant="socal").json() == {"items": []}
        assert api.get("/health").status_code == 200
        assert not any(lead.done() for lead in leads)
        sync.execute("rollback")
        assert {lead.result().status_code for lead in leads} == {202}
