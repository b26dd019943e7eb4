"""Inbound leads: from a web form to ServiceTitan, and to the link with the contact."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from pipelines.actions.inbound_leads.queue import waiting_leads
from pipelines.operations import open_operations
from pipelines.settings import Settings
from tests.actions.conftest import SOCAL, Api, Open
from tests.simulator.environment import WEBHOOK_SECRET
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

NEW = {"create": True, "reason": "called"}
CONTACT = "0d9c8f7e-6b5a-4c3d-9e2f-1a0b9c8d7e6f"
LEAD: dict[str, Any] = {
    "tenant": "socal",
    "name": "Ada Lovelace",
    "phone": "213-555-2823",
    "email": "Ada@Example.com",
    "summary": "Wants a new roof",
    "contact_id": CONTACT,
    "campaign_id": 3301,
    "call_reason_id": 7,
}
FACEBOOK = {
    "LEAD_SOURCES__FACEBOOK__TENANT": "socal",
    "LEAD_SOURCES__FACEBOOK__CAMPAIGN_ID": "3302",
    "LEAD_SOURCES__FACEBOOK__FOLLOW_UP_HOURS": "2",
    "LEAD_SOURCES__FACEBOOK__MAP__EXTERNAL_ID": "id",
    "LEAD_SOURCES__FACEBOOK__MAP__NAME": "field_data[?name=='full_name'].values[0] | [0]",
    "LEAD_SOURCES__FACEBOOK__MAP__PHONE": "field_data[?name=='phone_number'].values[0] | [0]",
    "LEAD_SOURCES__FACEBOOK__MAP__EMAIL": "field_data[?name=='email'].values[0] | [0]",
}
ZAPIER = {
    "LEAD_SOURCES__ZAPIER__TENANT": "dfw",
    "LEAD_SOURCES__ZAPIER__CAMPAIGN_ID": "3303",
    "LEAD_SOURCES__ZAPIER__CALL_REASON_ID": "7",
    "LEAD_SOURCES__ZAPIER__MAP__NAME": "full_name || join(' ', [first_name, last_name][?@].to_string(@))",
    "LEAD_SOURCES__ZAPIER__MAP__PHONE": "contact.mobile || contact.phone",
    "LEAD_SOURCES__ZAPIER__MAP__SUMMARY": "message",
    "LEAD_SOURCES__ZAPIER__MAP__CITY": "city",
}


def end_of(api: Api, taken: httpx.Response, tenant: str = "socal") -> dict[str, Any]:
    """The lead, once it is open no more."""
    assert taken.status_code == 202, taken.text
    for _ in range(200):
        lead: dict[str, Any] = api.read(f"/webhooks/leads/{taken.json()['id']}", tenant=tenant).json()
        if lead["status"] != "open":
            return lead
        time.sleep(0.05)
    raise AssertionError(f"still open: {lead['last_error']}")


def links(settings: Settings) -> list[Any]:
    with open_operations(settings.operations) as con:
        return con.execute("select tenant_id, customer_id, contact_id from contact_links").fetchall()


def test_a_lead_becomes_a_customer_a_lead_and_a_link(api: Api, settings: Settings, socal: Company) -> None:
    done = end_of(api, api.post("/webhooks/leads", json=LEAD))
    (customer,), (location,), (lead,) = (socal.records(table) for table in ("customers", "locations", "leads"))
    assert (done["status"], done["customer_id"], done["lead_id"]) == ("done", customer["id"], lead["id"])
    assert (lead["customerId"], lead["locationId"]) == (customer["id"], location["id"])
    assert (lead["summary"], lead["campaignId"]) == ("Wants a new roof", 3301)
    assert links(settings) == [(SOCAL, customer["id"], CONTACT)]
    contacts = {contact["value"] for contact in socal.records("customer_contacts")}
    assert contacts == {"2135552823", "ada@example.com"}


def test_who_is_a_customer_already_gets_a_lead_only(api: Api, settings: Settings, socal: Company, ada: int) -> None:
    done = end_of(api, api.post("/webhooks/leads", json=LEAD))
    assert (done["customer_id"], len(socal.records("customers"))) == (ada, 1)
    assert links(settings) == [(SOCAL, ada, CONTACT)]


def test_the_same_lead_twice_is_one(api: Api, socal: Company) -> None:
    first, second = (api.post("/webhooks/leads", json=LEAD) for _ in range(2))
    assert (first.json()["id"], second.json()["duplicate"]) == (second.json()["id"], True)
    end_of(api, second)
    assert [len(socal.records(table)) for table in ("customers", "leads")] == [1, 1]


def test_two_leads_of_one_person_are_one_customer(api: Api, socal: Company) -> None:
    taken = [api.post("/webhooks/leads", json=LEAD | {"external_id": f"form-{n}"}) for n in range(3)]
    assert {end_of(api, one)["status"] for one in taken} == {"done"}
    assert [len(socal.records(table)) for table in ("customers", "leads")] == [1, 3]


def test_a_person_decides_where_several_customers_match(api: Api, settings: Settings, socal: Company, ada: int) -> None:
    twin = socal.add_customer("A. Lovelace", phone="(213) 555-2823")
    waiting = end_of(api, api.post("/webhooks/leads", json=LEAD))
    assert (waiting["status"], waiting["candidates"]) == ("needs_review", [ada, twin])
    assert [lead["id"] for lead in waiting_leads(settings.operations)] == [waiting["id"]]
    listed = api.read("/webhooks/leads", tenant="socal", status="needs_review").json()["items"]
    assert [lead["id"] for lead in listed] == [waiting["id"]]
    assert "213" not in str(listed)
    decided = api.write(
        f"/webhooks/leads/{waiting['id']}/decision?tenant=socal", {"customer_id": twin, "reason": "called"}
    )
    assert (decided.json()["decided_by"], decided.json()["decision_reason"]) == ("flow-builder", "called")
    done = end_of(api, decided)
    assert (done["status"], done["customer_id"]) == ("done", twin)
    assert links(settings) == [(SOCAL, twin, CONTACT)]
    again = api.write(
        f"/webhooks/leads/{waiting['id']}/decision?tenant=socal", {"customer_id": ada, "reason": "called"}
    )
    assert (again.status_code, again.json()["code"]) == (409, "settled")
    assert waiting_leads(settings.operations) == []


def test_a_person_may_decide_that_the_customer_is_new(api: Api, socal: Company, ada: int) -> None:
    twin = socal.add_customer("A. Lovelace", phone="(213) 555-2823")
    waiting = end_of(api, api.post("/webhooks/leads", json=LEAD))
    done = end_of(api, api.write(f"/webhooks/leads/{waiting['id']}/decision?tenant=socal", NEW))
    assert (done["status"], done["customer_id"] in (ada, twin)) == ("done", False)
    assert len(socal.records("customers")) == 3


def test_a_lead_is_of_one_tenant(api: Api, ada: int) -> None:  # noqa: ARG001
    done = end_of(api, api.post("/webhooks/leads", json=LEAD))
    assert api.read(f"/webhooks/leads/{done['id']}", tenant="dfw").status_code == 404
    assert api.read("/webhooks/leads", tenant="dfw").json() == {"items": []}


def test_facebooks_form_is_read_by_a_mapping(open_api: Open, socal: Company, world: World) -> None:
    api = open_api(**FACEBOOK)
    form = {
        "id": "4411223344",
        "created_time": "2026-03-02T15:00:00+0000",
        "field_data": [
            {"name": "full_name", "values": ["Ada Lovelace"]},
            {"name": "phone_number", "values": ["+12135552823"]},
            {"name": "email", "values": ["ada@example.com"]},
        ],
    }
    done = end_of(api, api.post("/webhooks/leads?source=facebook", json=form))
    (customer,), (lead,) = socal.records("customers"), socal.records("leads")
    assert (done["customer_id"], customer["name"], lead["campaignId"]) == (customer["id"], "Ada Lovelace", 3302)
    assert lead["followUpDate"].startswith((world.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"))
    assert api.post("/webhooks/leads?source=facebook", json=form | {"created_time": "later"}).json()["duplicate"]


def test_zapiers_fields_are_read_by_a_mapping(open_api: Open, dfw: Company) -> None:
    api = open_api(**ZAPIER)
    form = {"first_name": "Bob", "last_name": "Stone", "contact": {"phone": "(214) 555-2800"}, "city": "Plano"}
    end_of(api, api.post("/webhooks/leads?source=zapier", json=form | {"message": "Door"}), "dfw")
    (customer,), (lead,) = dfw.records("customers"), dfw.records("leads")
    assert (customer["name"], customer["address"]["city"], lead["summary"]) == ("Bob Stone", "Plano", "Door")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"contact":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"full_name": {"a": [true]}, "contact": [[1]], "message": 1e999, "city": {"x": null}}',
        b'{"full_name": "' + b"x" * 60_000 + b'"}',
        b'{"first_name": [1, {"a": 2}], "last_name": 7, "contact": "call me"}',
        b'["field_data"]',
        b"{}",
    ],
)
def test_no_body_is_too_odd_for_a_mapping(open_api: Open, body: bytes) -> None:
    assert open_api(**ZAPIER).post("/webhooks/leads?source=zapier", content=body).status_code in (202, 400, 413)


def test_blank_values_count_as_none_and_numbers_as_texts(open_api: Open, dfw: Company) -> None:
    form = {"full_name": " ", "first_name": "Bob", "last_name": 7, "contact": {"mobile": "", "phone": 2145552800}}
    end_of(open_api(**ZAPIER), open_api(**ZAPIER).post("/webhooks/leads?source=zapier", json=form), "dfw")
    [customer] = dfw.records("customers")
    assert customer["name"] == "Bob 7"


def test_a_lead_whom_nobody_could_call_is_kept_for_a_person(open_api: Open, dfw: Company) -> None:
    api, bob = open_api(**ZAPIER), dfw.add_customer("Bob Stone")
    form = {"full_name": "Bob Stone", "contact": {"phone": "call me: 12"}, "message": "Door"}
    waiting = end_of(api, api.post("/webhooks/leads?source=zapier", json=form), "dfw")
    assert (waiting["status"], waiting["lead"]["summary"]) == ("needs_review", "Door; call me: 12")
    decision = f"/webhooks/leads/{waiting['id']}/decision?tenant=dfw"
    assert api.write(decision, NEW).status_code == 422
    done = end_of(api, api.write(decision, {"customer_id": bob, "reason": "called"}), "dfw")
    assert (done["status"], done["customer_id"]) == ("done", bob)


def test_what_an_earlier_release_took_for_an_address_holds_up_no_lead(
    open_api: Open, settings: Settings, dfw: Company
) -> None:
    api, bob = open_api(**ZAPIER), dfw.add_customer("Bob Stone")
    waiting = end_of(
        api, api.post("/webhooks/leads?source=zapier", json={"full_name": "Bob", "message": "Door"}), "dfw"
    )
    with open_operations(settings.operations) as con:
        [(lead,)] = con.execute("select lead from inbound_leads").fetchall()
        older = json.dumps(json.loads(lead) | {"email": "bob@stone.local"})
        con.execute("update inbound_leads set lead = ?", [older])
    done = end_of(
        api,
        api.write(f"/webhooks/leads/{waiting['id']}/decision?tenant=dfw", {"customer_id": bob, "reason": "called"}),
        "dfw",
    )
    assert (done["status"], done["customer_id"]) == ("done", bob)
    assert [lead["summary"] for lead in dfw.records("leads")] == ["Door; bob@stone.local"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"campaign_id": None}, "campaign_id"),
        ({"call_reason_id": None}, "call_reason_id"),
        ({"phone": None, "email": None}, ""),
        ({"misspelt": 1}, "misspelt"),
    ],
)
def test_what_our_own_form_lacks_is_said_at_once(api: Api, change: dict[str, Any], field: str) -> None:
    refused = api.post("/webhooks/leads", json=LEAD | change)
    assert (refused.status_code, list(refused.json()["errors"])) == (422, [field])
    assert api.read("/webhooks/leads", tenant="socal").json() == {"items": []}


def test_while_servicetitan_is_down_a_lead_waits(
    api: Api, simulator: ServiceTitan, world: World, socal: Company
) -> None:
    simulator.faults.order("status", "", tenant=SOCAL, status=502, body="html", times=-1)
    taken = api.post("/webhooks/leads", json=LEAD)
    for _ in range(200):
        waiting = api.read(f"/webhooks/leads/{taken.json()['id']}", tenant="socal").json()
        if waiting["tries"]:
            break
        time.sleep(0.05)
    assert (waiting["status"], waiting["tries"]) == ("open", 1)
    assert waiting["last_error"].startswith("unavailable")
    simulator.faults.clear()
    world.clock.advance(minutes=1)
    assert end_of(api, taken)["status"] == "done"
    assert len(socal.records("customers")) == 1


def test_what_servicetitan_rejects_waits_for_a_person(api: Api, simulator: ServiceTitan) -> None:
    simulator.faults.order("status", "/leads", method="POST", status=400)
    rejected = end_of(api, api.post("/webhooks/leads", json=LEAD))
    assert (rejected["status"], rejected["last_error"][:9]) == ("rejected", "rejected:")
    again = api.write(
        f"/webhooks/leads/{rejected['id']}/decision?tenant=socal",
        {"customer_id": rejected["customer_id"], "reason": "r"},
    )
    assert end_of(api, again)["status"] == "done"


class TestSignature:
    def send(self, api: Api, secret: str = WEBHOOK_SECRET, **changes: str) -> httpx.Response:
        body, webhook_id = json.dumps(LEAD), f"msg_{uuid4().hex}"
        signature = Webhook(secret).sign(webhook_id, self.now, body)
        stamp = str(int(self.now.timestamp()))
        headers = {"webhook-id": webhook_id, "webhook-timestamp": stamp, "webhook-signature": signature}
        return httpx.post(f"{api.url}/api/servicetitan/webhooks/leads", content=body, headers=headers | changes)

    @pytest.fixture(autouse=True)
    def _clock(self, world: World) -> None:
        self.now = world.now()

    def test_a_signature_stands_for_a_token(self, api: Api) -> None:
        assert end_of(api, self.send(api))["status"] == "done"

    def test_one_of_several_signatures_is_enough(self, api: Api) -> None:
        body, stamp = json.dumps(LEAD), str(int(self.now.timestamp()))
        key = base64.b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))
        content = f"msg_1.{stamp}.{body}".encode()
        right = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        headers = {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": f"v1,AAAA v1a,B {right}"}
        sent = httpx.post(f"{api.url}/api/servicetitan/webhooks/leads", content=body, headers=headers)
        assert sent.status_code == 202

    @pytest.mark.parametrize(
        "changes",
        [
            {"webhook-signature": "v1,bm90IGl0"},
            {"webhook-signature": ""},
            {"webhook-id": "msg_other"},
            {"webhook-timestamp": "1000"},
            {"webhook-timestamp": "now"},
            {"authorization": "Bearer wrong", "webhook-signature": "v1,bm90IGl0"},
        ],
    )
    def test_a_wrong_one_is_refused(self, api: Api, changes: dict[str, str]) -> None:
        refused = self.send(api, **changes)
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")

    def test_another_secret_is_refused(self, api: Api) -> None:
        other = "whsec_" + base64.b64encode(b"x" * 24).decode()
        assert self.send(api, other).status_code == 401

    def test_a_signature_opens_no_other_route(self, api: Api) -> None:
        headers = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
        assert httpx.get(f"{api.url}/api/servicetitan/webhooks/leads", headers=headers).status_code == 401
        assert httpx.post(f"{api.url}/api/servicetitan/leads", headers=headers).status_code == 401

    def test_without_a_secret_only_tokens_are_taken(self, open_api: Open) -> None:
        assert self.send(open_api(ACTIONS_WEBHOOK_SECRET="")).status_code == 401
