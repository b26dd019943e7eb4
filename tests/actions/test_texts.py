"""What is typed with characters that other systems refuse: it goes on without them."""

import json
from typing import Any

import pytest

from pipelines.operations import open_operations
from pipelines.settings import Settings
from tests.actions.conftest import Api, Open
from tests.actions.test_leads import LEAD as WEB_LEAD
from tests.actions.test_leads import end_of
from tests.actions.test_writes import ADA, BOOKING, LEAD
from tests.simulator.world import Company

ODD = "od\x00d\x07 \ud83d\x1b"
PLAIN = "odd \ufffd"
WRITES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("customers", ADA | {"address": ADA["address"] | {"street": ODD}}, ["name"]),
    ("leads", LEAD | {"lead_phone": "213-555-2823"}, ["summary", "lead_customer_name", "lead_email"]),
    ("bookings", BOOKING, ["name", "summary", "source"]),
]


def written(value: Any) -> bool:
    """Whether any of it is left."""
    told = json.dumps(value, default=str)
    return any(character in told for character in (r"\u0000", r"\u0007", r"\u001b", r"\ud83d"))


@pytest.mark.parametrize(("table", "body", "names"), WRITES)
def test_no_control_character_reaches_servicetitan(
    api: Api, socal: Company, table: str, body: dict[str, Any], names: list[str]
) -> None:
    odd = body | dict.fromkeys(names, ODD)
    action = {"input": {name: value for name, value in odd.items() if name != "tenant"}, "tenant": "socal"}
    by_route = api.post(f"/{table}", content=json.dumps(odd), headers={"idempotency-key": "1"})
    by_door = api.post(
        f"/actions/servicetitan_create_{table[:-1]}", content=json.dumps(action), headers={"idempotency-key": "2"}
    )
    assert (by_route.is_success, by_door.is_success) == (True, True), by_route.text + by_door.text
    records = socal.records(table)
    assert records
    assert not written(records)
    assert PLAIN in json.dumps(records, ensure_ascii=False, default=str)


def test_a_reason_is_kept_without_them(api: Api, settings: Settings, ada: int) -> None:
    body = json.dumps({"state": 3, "reason": f"{ODD}\nby phone"})
    path = f"/customers/{ada}/state?tenant=socal"
    assert api.put(path, content=body, headers={"idempotency-key": "1"}).status_code == 202
    with open_operations(settings.operations) as con:
        assert con.execute("select reason from state_updates").fetchall() == [(f"{PLAIN}\nby phone",)]


def test_an_inbound_lead_is_mended_and_not_refused(api: Api, settings: Settings, socal: Company) -> None:
    odd = WEB_LEAD | {"name": ODD, "summary": ODD, "email": "ada\x00@example.com", "phone": "213\x00-555-2823"}
    body = b"\xef\xbb\xbf" + json.dumps(odd | {"external_id": f"form{ODD}"}).encode()
    assert end_of(api, api.post("/webhooks/leads", content=body))["status"] == "done"
    (customer,), (lead,) = socal.records("customers"), socal.records("leads")
    assert (customer["name"], lead["summary"]) == (PLAIN, PLAIN)
    contacts = {contact["value"] for contact in socal.records("customer_contacts")}
    assert contacts == {"2135552823", "ada@example.com"}
    with open_operations(settings.operations) as con:
        assert not written(con.execute("select lead, lead_key from inbound_leads").fetchall())


def test_another_senders_form_is_mended_too(open_api: Open, socal: Company) -> None:
    fields = {"NAME": "who", "EMAIL": "mail", "SUMMARY": "text"}
    source = {f"LEAD_SOURCES__FORM__MAP__{name}": path for name, path in fields.items()}
    api = open_api(
        LEAD_SOURCES__FORM__TENANT="socal",
        LEAD_SOURCES__FORM__CAMPAIGN_ID="3301",
        LEAD_SOURCES__FORM__CALL_REASON_ID="7",
        **source,
    )
    body = b"\xef\xbb\xbf" + json.dumps({"who": ODD, "mail": "ada\x00@example.com", "text": ODD}).encode()
    assert end_of(api, api.post("/webhooks/leads?source=form", content=body))["status"] == "done"
    assert [customer["name"] for customer in socal.records("customers")] == [PLAIN]
    assert [lead["summary"] for lead in socal.records("leads")] == [PLAIN]
