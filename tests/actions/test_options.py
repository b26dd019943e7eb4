"""The choices for the ids of an input: searched, paged, kept, and given while ServiceTitan is slow or down."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from pipelines.actions.crm.options import MAX_PAGES, OPTIONS, PAGE_SIZE
from tests.actions.conftest import SOCAL, Api, Open
from tests.simulator.office_lists import choice
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

RECORDS = {"customer_id", "job_id", "location_id", "booking_id", "contact_id", "transition_id"}  # no short lists


def asked(api: Api, field: str = "campaign_id", **params: Any) -> httpx.Response:
    return api.read(f"/options/{field}", **{"tenant": "socal"} | params)


def labels(answer: httpx.Response) -> list[str]:
    return [option["label"] for option in answer.json()["items"]]


def test_every_id_that_people_do_not_know_names_its_choices(api: Api, simulator: ServiceTitan) -> None:
    simulator.switches.strict = True
    named = set()
    for action in api.get("/actions").json()["actions"]:
        for name, field in action["input_schema"]["properties"].items():
            if name.endswith(("_id", "_ids")) and name not in RECORDS:
                assert field["x-options"] == f"/options/{name}"
                found = api.read(field["x-options"], tenant="socal").json()
                assert found["items"], name
                assert all(isinstance(one["value"], int) and one["label"] for one in found["items"])
                named.add(name)
    assert named == set(OPTIONS)


def test_in_the_openapi_document_they_are_named_by_the_whole_path(api: Api) -> None:
    document = httpx.get(f"{api.url}/openapi.json").json()
    named = {one.group(1) for one in re.finditer(r'"x-options": ?"([^"]+)"', json.dumps(document))}
    assert named == {f"/api/servicetitan/options/{field}" for field in OPTIONS}


def test_they_come_by_label_and_without_the_inactive(api: Api, socal: Company) -> None:
    socal.insert("campaigns", choice(3300, "billboards"))
    assert labels(asked(api)) == ["billboards", "Facebook Lead Form", "Google Ads", "Referral", "Yard Signs"]


def test_two_of_one_name_are_told_apart(api: Api, socal: Company) -> None:
    socal.insert("campaigns", choice(3390, "Referral"))
    socal.insert("campaigns", choice(3391, " "))
    assert labels(asked(api, search="3391")) == ["3391"]
    assert labels(asked(api, search="referral")) == ["Referral (3304)", "Referral (3390)"]


@pytest.mark.parametrize("search", ["lead facebook", "3302", "FORM", "  form "])
def test_they_are_searched_by_words_or_by_id(api: Api, search: str) -> None:
    assert asked(api, search=search).json()["items"] == [{"value": 3302, "label": "Facebook Lead Form"}]
    assert labels(asked(api, search="nothing like it")) == []


def test_they_are_paged(api: Api, socal: Company) -> None:
    for number in range(5):
        socal.insert("campaigns", choice(3400 + number, f"Mailing {number} " + "Ł" * 180))
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = asked(api, search="mailing", limit=2, **cursor)
        found += labels(page)
        if page.json()["cursor"] is None:
            break
        cursor = {"cursor": page.json()["cursor"]}
    assert [label[:9] for label in found] == [f"Mailing {number}" for number in range(5)]
    refused = asked(api, search="other", limit=2, **cursor)
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["cursor"])


def test_they_are_read_once_in_minutes_and_of_each_tenant(
    api: Api, simulator: ServiceTitan, world: World, socal: Company
) -> None:
    with ThreadPoolExecutor(20) as callers:
        assert {answer.status_code for answer in callers.map(lambda _: asked(api), range(20))} == {200}
    socal.insert("campaigns", choice(3300, "Billboards"))
    assert "Billboards" not in labels(asked(api))
    assert len(simulator.log.of("/campaigns")) == 1
    assert "Billboards" not in labels(asked(api, tenant="dfw"))
    world.advance(minutes=6)
    assert "Billboards" in labels(asked(api))


@pytest.mark.parametrize(
    ("fault", "fields"),
    [
        ("slow", {"seconds": 60}),
        ("drop", {}),
        ("status", {"status": 503}),
        ("rate_limit", {"seconds": 7}),
        ("odd_body", {"body": "html"}),
    ],
)
def test_while_servicetitan_is_slow_or_down_an_older_list_is_given_with_its_age(
    api: Api, simulator: ServiceTitan, world: World, fault: str, fields: dict[str, Any]
) -> None:
    before = asked(api).json()
    assert before["age_seconds"] == 0
    simulator.faults.order(fault, tenant=SOCAL, times=-1, **fields)
    world.advance(hours=2)
    began = time.monotonic()
    for _ in range(5):
        later = asked(api)
        assert later.status_code == 200
        assert later.json() == before | {"age_seconds": 7200.0}
    assert time.monotonic() - began < 10  # who waits, waits a moment
    assert asked(api, tenant="dfw").status_code == 200
    assert asked(api, "technician_id").json()["code"] in ("unavailable", "busy")  # it was never read


def test_a_tenant_that_hangs_takes_no_place_of_anybody(api: Api, simulator: ServiceTitan) -> None:
    assert asked(api).status_code == 200  # the token is there
    simulator.faults.order("slow", tenant=SOCAL, times=-1, seconds=60)
    with Api(api.url) as caller, ThreadPoolExecutor(40) as callers:
        hanging = [callers.submit(asked, caller, "job_type_id") for _ in range(40)]
        while not simulator.log.of("/job-types"):
            time.sleep(0.01)
        assert labels(asked(api)) == labels(asked(api, tenant="dfw"))
        assert api.get("/health").status_code == 200
        answers = [one.result() for one in hanging]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(502, "unavailable")}
    assert len(simulator.log.of("/job-types")) == 1


def test_a_scope_that_is_missing_is_named_and_what_was_read_with_it_is_not_given(
    api: Api, simulator: ServiceTitan, world: World
) -> None:
    assert asked(api).status_code == 200
    simulator.tokens.clients[SOCAL].scopes.discard("tn.mrk.campaigns:r")
    world.advance(minutes=6)
    refused = asked(api)
    assert (refused.status_code, refused.json()["scope"]) == (403, "tn.mrk.campaigns:r")


def test_a_record_that_cannot_be_used_costs_no_other(api: Api, simulator: ServiceTitan) -> None:
    simulator.faults.order("broken_record", "/campaigns", how="no_id")
    assert len(labels(asked(api))) == 3


def test_nothing_is_chosen_for_another_field(api: Api) -> None:
    refused = asked(api, "customer_id")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert "job_type_id" in refused.json()["detail"]


def test_a_list_that_is_longer_than_what_is_read_says_so(api: Api, socal: Company) -> None:
    for number in range(PAGE_SIZE * MAX_PAGES):
        socal.insert("campaigns", choice(10_000 + number, f"Mailing {number:05}"))
    assert [asked(api, tenant=tenant).json()["is_whole"] for tenant in ("socal", "dfw")] == [False, True]


def test_a_token_that_may_only_read_suffices_and_sees_its_tenant_alone(open_api: Open) -> None:
    bound = open_api("t", ACTIONS_TOKENS="caller:t:ro:dfw")
    assert labels(bound.get("/options/job_type_id"))[0] == "AC Tune-Up"
    assert asked(bound, "job_type_id").status_code == 404
