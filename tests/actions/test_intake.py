"""No lead is refused for its wrapping: what reaches intake is mended, and what cannot be read is told the way out."""

import gzip
import json
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest

from pipelines.settings import Settings
from tests.actions.conftest import Api, Open
from tests.actions.test_leads import FACEBOOK, LEAD, ZAPIER, end_of, links
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company

FORM = "application/x-www-form-urlencoded"
DEFAULT = {"LEAD_SOURCES__SITE__TENANT": "socal", "LEAD_SOURCES__SITE__CAMPAIGN_ID": "3301"}
SITE = DEFAULT | {"LEAD_SOURCES__SITE__CALL_REASON_ID": "7"}


def post(api: Api, body: bytes | str, kind: str = "application/json", query: str = "") -> httpx.Response:
    return api.post(f"/webhooks/leads{query}", content=body, headers={"content-type": kind})


def contacts(company: Company) -> set[str]:
    return {contact["value"] for contact in company.records("customer_contacts")}


@pytest.mark.parametrize("phone", ["", " ", "none", "call me: 12", None])
def test_a_number_that_cannot_be_read_beside_a_good_address_is_kept_in_the_summary(
    api: Api, socal: Company, phone: str | None
) -> None:
    assert end_of(api, api.post("/webhooks/leads", json=LEAD | {"phone": phone}))["status"] == "done"
    assert contacts(socal) == {"ada@example.com"}
    kept = f"; {phone}" if phone and phone.strip() else ""
    assert [lead["summary"] for lead in socal.records("leads")] == [f"Wants a new roof{kept}"]


def test_an_address_that_cannot_be_read_beside_a_good_number_is_kept_in_the_summary(api: Api, socal: Company) -> None:
    assert end_of(api, api.post("/webhooks/leads", json=LEAD | {"email": "ada at example"}))["status"] == "done"
    assert contacts(socal) == {"2135552823"}
    assert [lead["summary"] for lead in socal.records("leads")] == ["Wants a new roof; ada at example"]


def test_a_form_without_number_and_address_waits_for_a_person(api: Api) -> None:
    assert end_of(api, api.post("/webhooks/leads", json=LEAD | {"phone": "", "email": " "}))["status"] == "needs_review"


@pytest.mark.parametrize("name", ["", " ", None])
def test_a_blank_name_is_none_and_one_that_is_not_there_is_asked_for(
    api: Api, socal: Company, name: str | None
) -> None:
    assert end_of(api, api.post("/webhooks/leads", json=LEAD | {"name": name}))["status"] == "done"
    assert [customer["name"] for customer in socal.records("customers")] == ["Unknown"]
    refused = api.post("/webhooks/leads", json={field: LEAD[field] for field in LEAD if field != "name"})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["name"])


def test_an_address_in_the_numbers_field_is_an_address(api: Api, socal: Company) -> None:
    ada = socal.add_customer("Ada Lovelace", email="ada@mail.example.net")
    crossed = LEAD | {"phone": "ada@mail.example.net", "email": " ", "contact_id": None}
    done = end_of(api, api.post("/webhooks/leads", json=crossed))
    assert (done["status"], done["customer_id"]) == ("done", ada)
    assert [lead["summary"] for lead in socal.records("leads")] == ["Wants a new roof"]


def test_blank_fields_are_none_and_numbers_are_texts(api: Api, socal: Company) -> None:
    odd = LEAD | {"phone": 2135552823.0, "name": "", "summary": " ", "contact_id": "", "follow_up_date": ""}
    odd |= {"business_unit_id": None, "external_id": 4711, "address": {"street": "", "zip": 90012, "unit": 7}}
    assert end_of(api, api.post("/webhooks/leads", json=odd))["status"] == "done"
    (customer,), (lead,) = socal.records("customers"), socal.records("leads")
    assert (customer["name"], customer["address"]["zip"], customer["address"]["unit"]) == ("Unknown", "90012", "7")
    assert (lead["summary"], contacts(socal)) == ("Web lead", {"2135552823", "ada@example.com"})


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + json.dumps(LEAD).encode(),
        json.dumps(LEAD).encode("utf-16"),
        json.dumps(LEAD | {"name": "Ad\ud83da"}).encode(),
        json.dumps(LEAD | {"name": "Ad\ud83da"}, ensure_ascii=False).encode("utf-8", "surrogatepass"),
        json.dumps(LEAD | {"name": "A\x00d\x07a"}).encode(),
        json.dumps(LEAD | {"name": "Ada\x01"}).replace("\\u0001", "\x01").encode(),
        json.dumps(LEAD | {"name": "José Núñez"}, ensure_ascii=False).encode("latin-1"),
        b"\r\n" + json.dumps(LEAD).encode() + b"\n",
    ],
)
def test_whatever_json_is_wrapped_in_is_read(api: Api, socal: Company, body: bytes) -> None:
    assert end_of(api, post(api, body))["status"] == "done"
    [customer] = socal.records("customers")
    assert customer["name"] in {"Ada Lovelace", "Ad\ufffda", "Ada", "José Núñez"}


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_form_is_read_for_a_source_with_a_mapping(open_api: Open, dfw: Company, encoding: str) -> None:
    fields = {"full_name": "José Núñez", "message": "Door", "city": "Plano", "phone": "+1 (214) 555-2823"}
    source = ZAPIER | {"LEAD_SOURCES__ZAPIER__MAP__PHONE": "phone"}
    api = open_api(**source)
    taken = post(api, urlencode(fields, encoding=encoding), FORM, "?source=zapier")
    assert end_of(api, taken, "dfw")["status"] == "done"
    (customer,), (lead,) = dfw.records("customers"), dfw.records("leads")
    assert (customer["name"], customer["address"]["city"], lead["summary"]) == ("José Núñez", "Plano", "Door")
    assert contacts(dfw) == {"2145552823"}


def test_a_form_is_read_in_our_own_fields_too_for_a_source_that_is_named(open_api: Open, socal: Company) -> None:
    api = open_api(**SITE)
    fields = {"name": "Ada Lovelace", "phone": "2135552823", "email": "", "campaign_id": "3302"}
    assert end_of(api, post(api, urlencode(fields), FORM, "?source=site"))["status"] == "done"
    assert [lead["campaignId"] for lead in socal.records("leads")] == [3302]


def test_json_that_calls_itself_a_form_is_json(api: Api) -> None:
    assert post(api, json.dumps(LEAD), FORM).status_code == 202


@pytest.mark.parametrize(
    ("body", "kind", "status", "remedy"),
    [
        (b"", "application/json", 400, "the body is empty; send one lead as a JSON object"),
        (b"{", "application/json", 400, "the body is no JSON"),
        (b"[1]", "application/json", 400, "the body is no JSON object; send one lead as a JSON object"),
        (b'{"phone": NaN}', "application/json", 400, "NaN is no number; send a number, a text or null"),
        (b'{"phone": -Infinity}', "application/json", 400, "-Infinity is no number"),
        (b'{"phone": 1e999}', "application/json", 400, "1e999 is no number"),
        (b'{"a":' * 9000 + b"1" + b"}" * 9000, "application/json", 400, "nested too deeply"),
        (b"name=Ada&phone=2135552823", "application/x-www-form-urlencoded", 415, "for a named source (?source=…)"),
        (b"<lead/>", "application/xml", 415, "application/xml cannot be read; send one lead as a JSON object"),
        (b"--x\r\n", "multipart/form-data; boundary=x", 415, "or application/x-www-form-urlencoded for a named source"),
    ],
)
def test_what_cannot_be_read_is_told_the_way_out(api: Api, body: bytes, kind: str, status: int, remedy: str) -> None:
    refused = post(api, body, kind)
    assert (refused.status_code, remedy in refused.json()["detail"]) == (status, True), refused.text
    assert api.read("/webhooks/leads", tenant="socal").json() == {"items": []}


META = {
    "id": "4411223344",
    "field_data": [
        {"name": "full_name", "values": ["<test lead: dummy data for full_name>"]},
        {"name": "phone_number", "values": ["<test lead: dummy data for phone_number>"]},
        {"name": "email", "values": ["test@fb.com"]},
    ],
}
REAL: list[dict[str, Any]] = [
    {"name": "full_name", "values": ["Ada Lovelace"]},
    {"name": "email", "values": ["ada@example.com"]},
]


@pytest.mark.parametrize(
    "form",
    [
        META,
        META | {"field_data": [*REAL, {"name": "x", "values": ["Test@Meta.com"]}]},
        {"field_data": REAL, "is_test": True},
    ],
)
def test_a_test_lead_of_a_forms_tool_is_taken_and_shown_and_written_nowhere(
    open_api: Open, simulator: ServiceTitan, socal: Company, form: dict[str, Any]
) -> None:
    api = open_api(**FACEBOOK)
    lead = end_of(api, api.post("/webhooks/leads?source=facebook", json=form))
    assert (lead["status"], lead["ended_at"] is not None) == ("test", True)
    assert [one["id"] for one in api.read("/webhooks/leads", tenant="socal", status="test").json()["items"]] == [
        lead["id"]
    ]
    assert (socal.records("customers"), socal.records("leads"), simulator.log.of("/customers", "GET")) == ([], [], [])
    decided = api.write(f"/webhooks/leads/{lead['id']}/decision?tenant=socal", {"create": True, "reason": "r"})
    assert (decided.status_code, decided.json()["code"]) == (409, "settled")


def test_a_long_message_of_another_senders_form_is_kept(open_api: Open, dfw: Company) -> None:
    api, message = open_api(**ZAPIER), "Door. " * 200
    form = {"full_name": "Bob", "contact": {"phone": "214-555-2823"}, "message": message}
    end_of(api, api.post("/webhooks/leads?source=zapier", json=form), "dfw")
    assert [lead["summary"] for lead in dfw.records("leads")] == [message.strip()]


def test_a_contact_that_is_none_of_flow_builders_is_kept_and_links_nothing(open_api: Open, dfw: Company) -> None:
    api = open_api(**ZAPIER | {"LEAD_SOURCES__ZAPIER__MAP__CONTACT_ID": "crm"})
    form = {"full_name": "Bob", "contact": {"phone": "214-555-2823"}, "message": "A door", "crm": "4711"}
    assert end_of(api, api.post("/webhooks/leads?source=zapier", json=form), "dfw")["status"] == "done"
    assert [lead["summary"] for lead in dfw.records("leads")] == ["A door; 4711"]


def test_further_numbers_and_addresses_of_another_senders_form_are_kept(open_api: Open, dfw: Company) -> None:
    api = open_api(**ZAPIER)
    form = {
        "full_name": "Bob",
        "contact": {"mobile": ["214-555-2823", "214-555-2824"], "phone": "(214) 555-2825", "email": "bob@stone.com"},
        "message": "A door",
        "fields": [{"name": "work_phone", "values": ["+1 214 555 2826", "214.555.2823"]}, {"name": "id", "value": 1}],
        "form_id": "2145552827",
    }
    taken = api.post("/webhooks/leads?source=zapier", json=form)
    assert end_of(api, taken, "dfw")["status"] == "done"
    [lead] = dfw.records("leads")
    assert lead["summary"] == "A door; +12145552824; (214) 555-2825; bob@stone.com; +1 214 555 2826"
    assert api.post("/webhooks/leads?source=zapier", json=form | {"form_id": "2145552828"}).json()["duplicate"]


def test_our_own_form_is_taken_with_ids_as_texts_and_with_a_contact_that_is_none(
    api: Api, settings: Settings, socal: Company
) -> None:
    odd = LEAD | {"campaign_id": " 3301 ", "call_reason_id": "7", "contact_id": "crm-4711"}
    done = end_of(api, api.post("/webhooks/leads", json=odd))
    assert (done["status"], links(settings)) == ("done", [])
    assert "what was sent as contact_id is no UUID: nothing was linked" in done["last_error"]
    [lead] = socal.records("leads")
    assert (lead["campaignId"], lead["summary"]) == (3301, "Wants a new roof; crm-4711")


def test_texts_of_our_own_form_that_are_too_long_are_kept_or_it_is_said_where_they_are_cut(
    api: Api, socal: Company
) -> None:
    name, street = "Ada " + "Lovelace-" * 20, "100 Main St, " + "behind the house " * 15
    long = LEAD | {"name": name, "address": {"street": street, "city": "Los Angeles"}, "contact_id": None}
    for summary, number in (("A roof.", "1" * 300), ("A roof. " * 400, "1" * 301)):
        taken = api.post("/webhooks/leads", json=long | {"summary": summary, "external_id": number})
        assert (taken.json()["duplicate"], end_of(api, taken)["status"]) == (False, "done")
    short, cut = sorted((lead["summary"] for lead in socal.records("leads")), key=len)
    assert [name.strip() in short, street.strip() in short, name.strip() in cut] == [True] * 3
    assert (cut.startswith("A roof. A roof."), "… (cut, of 3199 characters)" in cut, len(cut) <= 2000) == (True,) * 3
    [customer] = socal.records("customers")
    assert customer["name"] == name.strip()[:150]


def test_a_packed_body_is_told_the_way_out(api: Api) -> None:
    packed = {"content-encoding": "gzip", "content-type": "application/json"}
    for path in ("/webhooks/leads", "/leads"):
        refused = api.post(path, content=gzip.compress(b"{}"), headers=packed | {"idempotency-key": "key"})
        assert (refused.status_code, "send the body without Content-Encoding" in refused.text) == (415, True)


def test_a_form_whose_fields_were_renamed_is_kept_whole(open_api: Open) -> None:
    api, renamed = open_api(**ZAPIER), {"Name": "Ann Hill", "Mobile": "2133734114"}
    lead = end_of(api, api.post("/webhooks/leads?source=zapier", json=renamed), "dfw")
    assert (lead["status"], json.dumps(renamed, separators=(",", ":")) in lead["lead"]["summary"]) == (
        "needs_review",
        True,
    )


def test_percent_signs_that_mean_nothing_are_kept(open_api: Open) -> None:
    api = open_api(**ZAPIER)
    body = f"full_name=Bob&message={quote('50% off')}%zz"
    taken = post(api, body, FORM, "?source=zapier")
    assert end_of(api, taken, "dfw")["lead"]["summary"] == "50% off%zz"
