"""The stand-in ServiceTitan's faults: ordered by a test, they hit exactly the calls that were meant."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.simulator.caller import Caller, calling
from tests.simulator.office.history import live
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

LEADS = "crm/export/leads"


@pytest.fixture
def caller(simulator: ServiceTitan) -> Iterator[Caller]:
    with calling(simulator) as caller:
        yield caller


@pytest.fixture
def socal(world: World) -> Company:
    return world["socal"]


def page(caller: Caller, since: str = "") -> dict[str, Any]:
    params = {"from": since, "includeRecentChanges": "true"}
    return dict(caller.get(LEADS, **params).raise_for_status().json())


def ids(page: dict[str, Any]) -> list[int]:
    return [record["id"] for record in page["data"]]


def test_a_fault_hits_the_calls_that_match_after_those_it_lets_pass(caller: Caller, simulator: ServiceTitan) -> None:
    simulator.faults.order("status", "/export/leads", status=503, skip=1, times=2)
    assert [caller.get(LEADS).status_code for _ in range(4)] == [200, 503, 503, 200]
    assert caller.get("jpm/export/jobs").status_code == 200
    assert [call.fault for call in simulator.log.of("/export/leads")] == [None, "status", "status", None]


def test_a_fault_may_be_for_one_tenant_or_one_method(caller: Caller, simulator: ServiceTitan) -> None:
    simulator.faults.order("status", tenant=1116148646, times=-1)
    simulator.faults.order("status", method="POST", times=-1)
    assert caller.get(LEADS).status_code == 200
    assert caller.send("POST", "crm/leads", {}).status_code == 500


@pytest.mark.parametrize(
    ("body", "begins"), [("json", '{"type"'), ("html", "<html>"), ("empty", ""), ("cut", '{"data"')]
)
def test_an_error_has_a_body_of_any_kind(caller: Caller, simulator: ServiceTitan, body: str, begins: str) -> None:
    simulator.faults.order("status", LEADS[3:], status=502, body=body)
    refused = caller.get(LEADS)
    assert refused.status_code == 502
    assert refused.text.startswith(begins)
    assert bool(refused.text) == bool(begins)


@pytest.mark.parametrize("body", ["html", "empty", "cut"])
def test_a_200_may_carry_an_odd_body(caller: Caller, simulator: ServiceTitan, body: str) -> None:
    simulator.faults.order("odd_body", LEADS[3:], body=body)
    answer = caller.get(LEADS)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting"):
        answer.json()


@pytest.mark.parametrize("kind", ["drop", "cut", "lose_answer"])
def test_a_connection_breaks(caller: Caller, simulator: ServiceTitan, kind: str) -> None:
    simulator.faults.order(kind, LEADS[3:])
    with pytest.raises(httpx.TransportError):
        caller.get(LEADS)
    assert caller.get(LEADS).status_code == 200


@pytest.mark.parametrize(("kind", "done"), [("drop", 0), ("lose_answer", 1)])
def test_a_write_whose_answer_is_lost_was_done_and_one_that_was_dropped_was_not(
    caller: Caller, socal: Company, simulator: ServiceTitan, kind: str, done: int
) -> None:
    simulator.faults.order(kind, "/leads", method="POST")
    with pytest.raises(httpx.TransportError):
        caller.send("POST", "crm/leads", {"campaignId": 1, "summary": "Roof", "callReasonId": 7})
    assert len(socal.records("leads")) == done


def test_an_answer_may_come_later_than_the_caller_waits(caller: Caller, simulator: ServiceTitan) -> None:
    simulator.faults.order("slow", LEADS[3:], seconds=0.3)
    caller.client.timeout = httpx.Timeout(0.05)
    with pytest.raises(httpx.ReadTimeout):
        caller.get(LEADS)


@pytest.mark.parametrize(("form", "shown"), [("seconds", "7"), ("none", None)])
def test_a_429_to_order_has_the_wait_in_the_form_that_was_asked_for(
    caller: Caller, simulator: ServiceTitan, form: str, shown: str | None
) -> None:
    simulator.faults.order("rate_limit", LEADS[3:], retry_after=form, seconds=7)
    refused = caller.get(LEADS)
    assert (refused.status_code, refused.headers.get("retry-after")) == (429, shown)
    assert refused.json()["title"].split()[-2] == "7"


def test_tokens_expire_in_the_middle(caller: Caller, simulator: ServiceTitan) -> None:
    simulator.faults.order("expire_tokens", LEADS[3:], skip=1)
    assert [caller.get(LEADS).status_code for _ in range(3)] == [200, 401, 401]
    with calling(simulator) as again:
        assert again.get(LEADS).status_code == 200


def test_a_release_in_the_middle_refuses_the_tokens_from_before(
    caller: Caller, socal: Company, simulator: ServiceTitan
) -> None:
    socal.add_lead()
    token = page(caller)["continueFrom"]
    simulator.faults.order("release", LEADS[3:])
    assert caller.get(LEADS, **{"from": token}).json()["errors"].keys() == {"from"}
    assert len(page(caller)["data"]) == 1


@pytest.mark.parametrize("kind", ["empty_page", "repeat_page"])
def test_a_page_without_anything_new_comes_in_between_and_loses_nothing(
    caller: Caller, socal: Company, simulator: ServiceTitan, kind: str
) -> None:
    simulator.switches.export_page_size = 1
    leads = [socal.add_lead() for _ in range(2)]
    simulator.faults.order(kind, LEADS[3:], skip=1)
    pages = list(caller.export(LEADS, includeRecentChanges="true"))
    between = [] if kind == "empty_page" else [leads[0]]
    assert [ids(one) for one in pages] == [[leads[0]], between, [leads[1]]]
    assert pages[1]["hasMore"] is True
    assert pages[1]["continueFrom"] == pages[0]["continueFrom"]


def test_a_page_comes_in_another_order(caller: Caller, socal: Company, simulator: ServiceTitan) -> None:
    leads = [socal.add_lead() for _ in range(5)]
    simulator.faults.order("shuffle", LEADS[3:], seed=3)
    shuffled = ids(page(caller))
    assert sorted(shuffled) == leads != shuffled


def test_a_record_comes_twice_the_older_version_last(caller: Caller, socal: Company, simulator: ServiceTitan) -> None:
    lead = socal.add_lead()
    simulator.faults.order("two_versions", LEADS[3:])
    versions = page(caller)["data"]
    assert [record["id"] for record in versions] == [lead, lead]
    assert versions[0]["modifiedOn"] > versions[1]["modifiedOn"]


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        ("wrong_type", lambda record: record["createdOn"] == "last week"),
        ("no_id", lambda record: "id" not in record),
        ("null_id", lambda record: record["id"] is None),
        ("not_an_object", lambda record: record == "a record"),
    ],
)
def test_a_record_is_broken_among_good_ones(
    caller: Caller, socal: Company, simulator: ServiceTitan, how: str, seen: Any
) -> None:
    _, good = socal.add_lead(), socal.add_lead()
    simulator.faults.order("broken_record", LEADS[3:], how=how)
    first, second = page(caller)["data"]
    assert seen(first)
    assert second["id"] == good


def test_the_token_server_fails_to_order(simulator: ServiceTitan) -> None:
    simulator.faults.order("status", "/connect/token", status=503)
    with pytest.raises(httpx.HTTPStatusError), calling(simulator):
        pass


def test_an_unknown_kind_of_fault_is_refused_by_its_name(simulator: ServiceTitan) -> None:
    with pytest.raises(ValueError, match="earthquake"):
        simulator.faults.order("earthquake")


def test_the_control_door_moves_the_clock_does_business_and_orders_faults(caller: Caller, world: World) -> None:
    door = caller.client
    assert door.post("/_control/clock", json={"advance": {"minutes": 5}}).json()["now"] == "2026-03-02T15:05:00+00:00"
    customer = door.post("/_control/do/socal/add_customer", json={"name": "Ada"}).json()["result"]
    job = door.post("/_control/do/socal/book_job", json={"customer_id": customer, "kind": "install"}).json()["result"]
    assert world["socal"].get("jobs", job)["customerId"] == customer
    door.post("/_control/faults", json={"kind": "status", "path": "/leads", "status": 418})
    assert caller.get("crm/leads").status_code == 418
    assert door.patch("/_control/switches", json={"schema": "S12"}).json()["schema"] == "S12"
    assert [call["status"] for call in door.get("/_control/requests").json()][-1] == 418


def test_another_moment_is_the_threads_own_and_does_not_stop_the_server(caller: Caller, world: World) -> None:
    with world.at(datetime(2020, 5, 1, tzinfo=UTC)):
        assert caller.client.get("/_control/clock").json()["now"] == "2026-03-02T15:00:00+00:00"


def test_a_visitor_sees_the_tenants_and_what_happened(caller: Caller, world: World) -> None:
    told = next(live(world))
    page = caller.client.get("/").text
    assert "socal (410387862)" in page
    assert told in page


@pytest.mark.parametrize(
    ("path", "order", "word"),
    [
        ("do/socal/explode", {}, "explode"),
        ("do/socal/cancel_job", {"job_id": 1}, "no record 1"),
        ("faults", {"kind": "earthquake"}, "earthquake"),
    ],
)
def test_the_control_door_says_what_it_did_not_understand(
    simulator: ServiceTitan, path: str, order: dict[str, Any], word: str
) -> None:
    refused = httpx.post(f"{simulator.url}/_control/{path}", json=order)
    assert refused.status_code == 400
    assert word in refused.json()["error"]
