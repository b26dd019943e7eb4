"""Whose mails a contact gets: a link is moved by nobody but who says so."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import httpx
import pytest

from pipelines.servicetitan.progress import StreamSync
from pipelines.servicetitan.sync_status import READ_WHOLE, keep_readings
from pipelines.settings import Settings
from tests.actions.conftest import SOCAL, Api
from tests.actions.test_leads import CONTACT, LEAD, end_of, links
from tests.actions.test_writes import ADA
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

OTHER = "11111111-2222-4333-8444-555555555555"


def link(api: Api, customer_id: int, contact_id: str, **more: Any) -> httpx.Response:
    path = f"/customers/{customer_id}/contact?tenant=socal"
    return api.write(path, {"contact_id": contact_id} | more, method="PUT")


def test_a_contact_is_linked_and_linking_it_again_changes_nothing(api: Api, settings: Settings, ada: int) -> None:
    for _ in range(2):
        linked = link(api, ada, CONTACT)
        assert (linked.status_code, linked.json()["customer_id"]) == (200, ada)
        assert (linked.json()["replaced_contact_id"], linked.json()["moved_from"]) == (None, [])
    by_door = {"tenant": "socal", "input": {"customer_id": ada, "contact_id": CONTACT}}
    assert api.write("/actions/servicetitan_link_contact", by_door).json()["contact_id"] == CONTACT
    assert links(settings) == [(SOCAL, ada, CONTACT)]


def test_a_write_without_a_key_and_a_customer_who_is_not_there_are_refused(api: Api) -> None:
    assert api.put("/customers/7/contact?tenant=socal", json={"contact_id": CONTACT}).status_code == 400
    assert link(api, 7, CONTACT).json()["code"] == "not_found"


def test_a_customers_link_is_replaced_only_where_that_is_asked_for(api: Api, settings: Settings, ada: int) -> None:
    link(api, ada, CONTACT)
    refused = link(api, ada, OTHER)
    assert (refused.status_code, refused.json()["code"]) == (409, "linked")
    assert f"customer {ada} is linked to contact {CONTACT}" in refused.json()["detail"]
    assert links(settings) == [(SOCAL, ada, CONTACT)]
    assert link(api, ada, OTHER, replace=True).json()["replaced_contact_id"] == CONTACT
    assert links(settings) == [(SOCAL, ada, OTHER)]


def test_a_contact_is_one_customers_and_is_moved_only_where_that_is_asked_for(
    api: Api, settings: Settings, socal: Company, ada: int
) -> None:
    link(api, ada, CONTACT)
    bob = socal.add_customer("Bob Stone")
    refused = link(api, bob, CONTACT)
    assert (refused.status_code, refused.json()["code"]) == (409, "linked")
    assert f"contact {CONTACT} is linked to customer {ada}" in refused.json()["detail"]
    assert link(api, bob, CONTACT, replace=True).json()["moved_from"] == [ada]
    assert links(settings) == [(SOCAL, ada, None), (SOCAL, bob, CONTACT)]
    assert link(api, ada, OTHER).status_code == 200  # she has none any more


def test_a_link_follows_a_merge(api: Api, settings: Settings, socal: Company, ada: int) -> None:
    survivor = socal.add_customer("Ada L.", phone="(213) 555-2899")
    link(api, ada, CONTACT)
    socal.merge_customers(ada, survivor)
    assert link(api, survivor, CONTACT).json()["moved_from"] == []
    bob = socal.add_customer("Bob Stone")
    assert f"linked to customer {survivor}" in link(api, bob, CONTACT).json()["detail"]
    assert link(api, ada, CONTACT).json()["customer_id"] == survivor
    assert (SOCAL, survivor, CONTACT) in links(settings)


@pytest.mark.parametrize("merges", [1, 3])
def test_between_a_merge_and_the_next_sync_the_link_of_who_was_merged_is_the_survivors(
    api: Api, settings: Settings, world: World, socal: Company, merges: int
) -> None:
    chain = [socal.add_customer("Vera Stone", phone="213-555-2823") for _ in range(merges + 1)]
    link(api, chain[0], OTHER)
    world.advance(days=40)
    syncs = [StreamSync(SOCAL, "socal", stream, world.now(), complete=True) for stream in READ_WHOLE]
    keep_readings(settings.operations, world.now(), syncs)
    world.advance(seconds=60)
    for loser, survivor in pairwise(chain):
        socal.merge_customers(loser, survivor)
    waiting = end_of(api, api.post("/webhooks/leads", json=LEAD | {"name": "Vera Stone"}))
    assert (waiting["status"], waiting["customer_id"]) == ("needs_review", chain[-1])
    assert f"is linked to contact {OTHER}" in waiting["last_error"]
    assert (link(api, chain[-1], CONTACT).json()["code"], links(settings)) == ("linked", [(SOCAL, chain[0], OTHER)])
    asked = ADA | {"name": "Vera Stone", "email": None, "contact_id": CONTACT}
    assert api.write("/customers", asked).json()["code"] == "needs_review"
    assert api.write("/customers", asked | {"contact_id": OTHER}).json()["linked"] is True


def test_a_strangers_lead_at_veras_number_goes_to_review_and_her_link_stays(
    api: Api, settings: Settings, socal: Company
) -> None:
    vera = socal.add_customer("Vera Stone", phone="213-555-2823", email="vera@mail.example.net")
    link(api, vera, OTHER)
    waiting = end_of(api, api.post("/webhooks/leads", json=LEAD))
    assert (waiting["status"], waiting["candidates"]) == ("needs_review", [vera])
    assert links(settings) == [(SOCAL, vera, OTHER)]
    assert socal.records("leads") == []


def test_her_husbands_lead_is_hers_her_link_stays_and_his_contact_is_in_the_review_list(
    api: Api, settings: Settings, socal: Company
) -> None:
    vera = socal.add_customer("Vera Stone", phone="213-555-2823", email="vera@mail.example.net")
    link(api, vera, OTHER)
    lead = LEAD | {"name": "Carl Stone", "email": "carl@mail.example.net"}
    waiting = end_of(api, api.post("/webhooks/leads", json=lead))
    assert (waiting["status"], waiting["customer_id"]) == ("needs_review", vera)
    assert [record["customerId"] for record in socal.records("leads")] == [vera]
    [listed] = api.read("/webhooks/leads", tenant="socal", status="needs_review").json()["items"]
    assert (CONTACT in listed["last_error"], OTHER in listed["last_error"]) == (True, True)
    assert links(settings) == [(SOCAL, vera, OTHER)]
    decision = f"/webhooks/leads/{waiting['id']}/decision?tenant=socal"
    assert api.write(decision, {"create": True, "reason": "r"}).status_code == 422  # her lead is there already
    retried = end_of(api, api.write(decision, {"retry": True, "reason": "r"}))
    assert retried["status"] == "needs_review"
    decided = api.write(decision, {"customer_id": vera, "reason": "he is her husband"})
    assert (decided.json()["status"], len(socal.records("leads"))) == ("done", 1)
    assert links(settings) == [(SOCAL, vera, OTHER)]


@pytest.mark.parametrize("name", ["Carl Stone", "Vera Moss", "Stone"])
def test_somebody_else_of_an_unlinked_household_gets_no_link_and_the_customers_own_lead_does(
    api: Api, settings: Settings, socal: Company, name: str
) -> None:
    vera = socal.add_customer("Vera Stone", phone="213-555-2823")
    others = LEAD | {"name": name, "email": "carl@mail.example.net"}
    waiting = end_of(api, api.post("/webhooks/leads", json=others))
    assert (waiting["status"], waiting["customer_id"], links(settings)) == ("needs_review", vera, [])
    assert [record["customerId"] for record in socal.records("leads")] == [vera]
    assert f"contact {CONTACT} is not linked" in waiting["last_error"]
    assert f"PUT /customers/{vera}/contact links it" in waiting["last_error"]
    own = LEAD | {"name": "VERA STONE", "email": "vera@mail.example.net", "contact_id": OTHER}
    assert end_of(api, api.post("/webhooks/leads", json=own))["status"] == "done"
    assert links(settings) == [(SOCAL, vera, OTHER)]
    decision = f"/webhooks/leads/{waiting['id']}/decision?tenant=socal"
    assert api.write(decision, {"customer_id": vera, "reason": "her husband"}).json()["status"] == "done"
    assert links(settings) == [(SOCAL, vera, OTHER)]


def test_who_is_somebody_else_of_the_household_is_linked_by_a_person_alone(
    api: Api, settings: Settings, socal: Company
) -> None:
    vera = socal.add_customer("Vera Stone", phone="213-555-2823")
    waiting = end_of(api, api.post("/webhooks/leads", json=LEAD | {"name": "Carl Stone"}))
    assert link(api, vera, CONTACT).status_code == 200
    decision = f"/webhooks/leads/{waiting['id']}/decision?tenant=socal"
    assert end_of(api, api.write(decision, {"retry": True, "reason": "he pays"}))["status"] == "done"
    assert (links(settings), len(socal.records("leads"))) == ([(SOCAL, vera, CONTACT)], 1)


def test_whether_a_contact_was_linked_to_a_customer_who_was_there_is_said(
    api: Api, settings: Settings, socal: Company
) -> None:
    vera = socal.add_customer("Vera Stone", phone="213-555-2823")
    asked = ADA | {"phone": "213-555-2823", "email": None, "contact_id": CONTACT}
    husband = api.write("/customers", asked | {"name": "Carl Stone"})
    assert (husband.status_code, husband.json()["created"], husband.json()["customer"]["id"]) == (200, False, vera)
    assert (husband.json()["linked"], links(settings)) == (False, [])
    assert f"contact {CONTACT} is not linked" in husband.json()["not_linked_because"]
    herself = api.write("/customers", asked | {"name": "V. Stone"}).json()
    assert (herself["linked"], herself["not_linked_because"]) == (True, None)
    assert links(settings) == [(SOCAL, vera, CONTACT)]
    assert api.write("/customers", asked | {"name": "Carl Stone"}).json()["linked"] is True  # it was before
    assert api.write("/customers", asked | {"name": "Carl Stone", "contact_id": None}).json()["linked"] is None


def test_of_several_customers_who_are_created_at_once_with_one_contact_one_is_written(
    api: Api, settings: Settings, socal: Company
) -> None:
    def create(number: int) -> httpx.Response:
        own = {"name": f"{'ABCDEFGH'[number]}nn Moss{number}", "phone": f"213-555-28{number}7", "email": None}
        return api.write("/customers", ADA | own | {"contact_id": CONTACT})

    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(create, range(8))]
    [created] = [answer.json() for answer in answers if answer.status_code == 201]
    refused = [answer.json()["code"] for answer in answers if answer.status_code == 409]
    assert (created["linked"], refused) == (True, ["needs_review"] * 7)
    assert [customer["id"] for customer in socal.records("customers")] == [created["customer"]["id"]]
    assert links(settings) == [(SOCAL, created["customer"]["id"], CONTACT)]


def test_who_was_created_in_doubt_is_told_though_the_contact_is_anothers_by_now(
    api: Api, settings: Settings, simulator: ServiceTitan, socal: Company
) -> None:
    simulator.faults.order("lose_answer", "/customers", method="POST")
    simulator.faults.order("status", "/customers", method="GET", status=500, skip=1, times=20)
    asked = ADA | {"contact_id": CONTACT}
    assert api.write("/customers", asked, "key").json()["code"] == "in_doubt"
    simulator.faults.clear()
    bob = ADA | {"name": "Bob Stone", "phone": "213-555-2877", "email": None, "contact_id": CONTACT}
    assert api.write("/customers", bob).json()["linked"] is True
    again = api.write("/customers", asked, "key").json()
    assert (again["customer"]["name"], again["linked"]) == ("Ada Lovelace", False)
    assert f"contact {CONTACT} is linked to customer" in again["not_linked_because"]
    assert (len(socal.records("customers")), len(links(settings))) == (2, 1)


def test_once_a_link_was_moved_the_lead_that_waits_for_it_goes_on(api: Api, socal: Company, ada: int) -> None:
    link(api, ada, OTHER)
    waiting = end_of(api, api.post("/webhooks/leads", json=LEAD))
    assert waiting["status"] == "needs_review"
    link(api, ada, CONTACT, replace=True)
    decision = f"/webhooks/leads/{waiting['id']}/decision?tenant=socal"
    assert end_of(api, api.write(decision, {"retry": True, "reason": "moved"}))["status"] == "done"
    assert len(socal.records("leads")) == 1


@pytest.mark.parametrize("matches", [True, False])
def test_a_lead_whose_contact_is_another_customer_goes_to_review_before_anything_is_written(
    api: Api, settings: Settings, socal: Company, matches: bool
) -> None:
    bob = socal.add_customer("Bob Stone")
    ada = socal.add_customer("Ada Lovelace", phone="213-555-2823") if matches else None
    link(api, bob, CONTACT)
    before = len(socal.records("customers"))
    waiting = end_of(api, api.post("/webhooks/leads", json=LEAD))
    assert (waiting["status"], set(waiting["candidates"])) == ("needs_review", {bob, ada} - {None})
    assert f"customer {bob} is linked to contact {CONTACT}" in waiting["last_error"]
    assert (len(socal.records("customers")), socal.records("leads")) == (before, [])
    chosen = {"customer_id": ada or bob, "reason": "r"}
    done = end_of(api, api.write(f"/webhooks/leads/{waiting['id']}/decision?tenant=socal", chosen))
    assert (done["status"], done["customer_id"], links(settings)) == ("done", ada or bob, [(SOCAL, bob, CONTACT)])


def test_a_customer_who_is_linked_otherwise_is_not_given_out(api: Api, settings: Settings, ada: int) -> None:
    link(api, ada, OTHER)
    refused = api.write("/customers", ADA | {"contact_id": CONTACT})
    assert (refused.status_code, refused.json()["code"]) == (409, "needs_review")
    [candidate] = refused.json()["candidates"]
    assert (candidate["id"], OTHER in candidate["why"]) == (ada, True)
    assert api.write("/customers", ADA | {"contact_id": OTHER}).status_code == 200
    assert links(settings) == [(SOCAL, ada, OTHER)]
