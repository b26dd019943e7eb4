"""What makes two deliveries of a lead one, and what does not."""

import json
import time
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from pipelines.operations import open_operations
from pipelines.settings import Settings
from tests.actions.conftest import Api, Open
from tests.actions.test_leads import FACEBOOK, LEAD, end_of
from tests.simulator.environment import WEBHOOK_SECRET
from tests.simulator.world import Company, World

BOB = LEAD | {"name": "Bob Stone", "phone": "213-555-2877", "email": "bob@example.com", "contact_id": None}
OTHERS = [{"name": "Grace"}, {"follow_up_date": "2026-12-01T17:00:00Z"}, {"tenant": "dfw"}, {"external_id": "form-1"}]


def post(api: Api, lead: dict[str, Any], key: str | None = None, query: str = "") -> httpx.Response:
    return api.post(f"/webhooks/leads{query}", json=lead, headers={"idempotency-key": key} if key else {})


def told(answer: httpx.Response) -> Any:
    return answer.json().get("code", answer.json().get("duplicate"))


def taken(settings: Settings) -> int:
    with open_operations(settings.operations) as con:
        return int(con.execute("select count(*) from inbound_leads").fetchone()[0])


def test_a_key_is_known_again(api: Api, settings: Settings) -> None:
    first, second = post(api, LEAD, "key"), post(api, LEAD, "key")
    assert (told(first), told(second), second.status_code) == (False, True, 202)
    assert first.json()["id"] == second.json()["id"]
    assert (told(post(api, LEAD, "another")), taken(settings)) == (False, 2)  # on purpose


@pytest.mark.parametrize("change", OTHERS)
def test_another_lead_under_a_known_key_is_refused(api: Api, settings: Settings, change: dict[str, Any]) -> None:
    assert told(post(api, LEAD, "run-42")) is False
    refused = post(api, LEAD | change, "run-42")
    assert (refused.status_code, refused.json()["code"], taken(settings)) == (422, "key_reused", 1)
    assert "the key 'run-42' came before" in refused.json()["detail"]


def test_keys_are_the_callers_own(open_api: Open, settings: Settings) -> None:
    first = open_api("one", ACTIONS_TOKENS="a:one,b:two")
    second = Api(first.url, "two")
    assert [told(post(api, lead, "run-42")) for api, lead in ((first, LEAD), (second, BOB))] == [False, False]
    assert [told(post(api, lead, "run-42")) for api, lead in ((first, LEAD), (second, BOB))] == [True, True]
    assert taken(settings) == 2


def test_a_senders_id_is_known_again_and_another_lead_under_it_is_refused(api: Api, settings: Settings) -> None:
    named = LEAD | {"external_id": "form-1"}
    assert [told(post(api, named, key)) for key in (None, None, "key", "key")] == [False, True, True, True]
    refused = post(api, BOB | {"external_id": "form-1"})
    assert (refused.status_code, told(refused), taken(settings)) == (422, "key_reused", 1)
    assert "the external_id 'form-1' came before" in refused.json()["detail"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": " ada  LOVELACE"},
        {"phone": "+1 (213) 555.2823"},
        {"phone": 2135552823},
        {"email": "ada@example.com "},
        {"summary": "wants a new\nroof"},
        {"campaign_id": "3301"},
    ],
)
def test_what_is_only_written_otherwise_is_the_same_lead(api: Api, settings: Settings, change: dict[str, Any]) -> None:
    named = LEAD | {"external_id": "form-1", "contact_id": None}
    assert [told(post(api, named | one, "key")) for one in ({}, change)] == [False, True]
    assert [told(post(api, named | one)) for one in (change, {"phone": "213-555-2824"})] == [True, "key_reused"]
    assert taken(settings) == 1


def test_a_senders_ids_are_no_keys_and_belong_to_their_source(open_api: Open, settings: Settings) -> None:
    api = open_api(**FACEBOOK)
    assert told(post(api, LEAD, "1")) is False
    assert told(post(api, BOB | {"external_id": "1"})) is False
    form = {"id": "1", "field_data": [{"name": "full_name", "values": ["Grace"]}]}
    assert told(post(api, form, query="?source=facebook")) is False
    assert told(post(api, LEAD | {"tenant": "dfw", "external_id": "1"})) is False
    assert taken(settings) == 4


def test_the_hours_that_a_source_adds_make_no_other_lead(open_api: Open, world: World, settings: Settings) -> None:
    api = open_api(**FACEBOOK)
    form = {"field_data": [{"name": "full_name", "values": ["Grace"]}, {"name": "email", "values": ["g@example.com"]}]}
    first = post(api, form, "key", "?source=facebook")
    world.advance(minutes=20)
    assert [told(post(api, form, key, "?source=facebook")) for key in ("key", None)] == [True, False]
    assert (told(first), taken(settings)) == (False, 2)


def test_without_a_key_another_day_to_call_back_is_another_lead(api: Api, settings: Settings) -> None:
    dated = [LEAD | {"follow_up_date": f"2026-12-0{day}T17:00:00Z"} for day in (1, 2, 1)]
    assert [told(post(api, lead)) for lead in dated] == [False, False, True]
    assert taken(settings) == 2


def test_after_thirty_days_a_key_is_free_again(api: Api, world: World) -> None:
    assert told(post(api, LEAD, "key")) is False
    world.clock.advance(days=29)
    assert told(post(api, BOB, "key")) == "key_reused"
    world.clock.advance(days=2)
    assert told(post(api, BOB, "key")) is False


def send_signed(api: Api, world: World, query: str, message: str = "msg_1") -> httpx.Response:
    lead = {name: value for name, value in LEAD.items() if name != "tenant"}
    body, now = json.dumps(lead), world.now()
    signature = Webhook(WEBHOOK_SECRET).sign(message, now, body)
    headers = {"webhook-id": message, "webhook-timestamp": f"{now.timestamp():.0f}", "webhook-signature": signature}
    return httpx.post(f"{api.url}/api/servicetitan/webhooks/leads{query}", content=body, headers=headers)


def test_a_signed_message_is_taken_once(api: Api, world: World, socal: Company) -> None:
    first, second = (send_signed(api, world, "?tenant=socal") for _ in range(2))
    assert (first.json()["id"], told(first)) == (second.json()["id"], False)
    assert (second.status_code, told(second)) == (202, True)
    end_of(api, second)
    assert len(socal.records("leads")) == 1


@pytest.mark.parametrize("query", ["?tenant=dfw", "?tenant=socal&source=facebook"])
def test_one_signed_message_for_another_tenant_or_source_is_refused(
    open_api: Open, world: World, settings: Settings, dfw: Company, query: str
) -> None:
    api = open_api(**{name: value for name, value in FACEBOOK.items() if "FIELDS" not in name})
    first, refused = send_signed(api, world, "?tenant=socal"), send_signed(api, world, query)
    assert (refused.status_code, told(refused)) == (422, "key_reused")
    end_of(api, first)
    assert (taken(settings), dfw.records("leads")) == (1, [])


def test_a_message_that_is_signed_again_later_is_the_same(api: Api, world: World) -> None:
    assert told(send_signed(api, world, "?tenant=socal")) is False
    world.clock.advance(hours=26)
    assert told(send_signed(api, world, "?tenant=socal")) is True


def test_a_messages_id_is_no_callers_key(api: Api, world: World) -> None:
    assert told(send_signed(api, world, "?tenant=socal")) is False
    assert told(post(api, BOB, "msg_1")) is False


def test_a_message_that_was_refused_was_not_taken(api: Api, world: World) -> None:
    assert send_signed(api, world, "?tenant=nowhere").status_code == 404
    assert told(send_signed(api, world, "?tenant=socal")) is False


def test_old_keys_are_forgotten(api: Api, open_api: Open, settings: Settings, world: World) -> None:
    post(api, LEAD, "key")
    world.clock.advance(days=31)
    open_api()  # forgets at its start
    for _ in range(200):
        with open_operations(settings.operations) as con:
            if not con.execute("select 1 from lead_keys").fetchall():
                return
        time.sleep(0.02)
    raise AssertionError("the key of 31 days ago is still there")
