"""Nobody's lead lands on a stranger's record, over real HTTP: intake, ``POST /customers``, find, bookings."""

from typing import Any

import pytest

from pipelines.settings import Settings
from tests.actions.conftest import Api
from tests.actions.test_leads import LEAD, end_of, links
from tests.actions.test_writes import ADA, BOOKING
from tests.actions.test_writes import LEAD as API_LEAD
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company

JOHN: dict[str, Any] = LEAD | {"name": "John Doe", "email": "john@mail.example.net", "contact_id": None}


def lead_of(api: Api, **changes: Any) -> dict[str, Any]:
    return end_of(api, api.post("/webhooks/leads", json=JOHN | changes))


def contacts_of(company: Company, customer_id: int) -> set[str]:
    return {contact["value"] for contact in company.children("customer_contacts", "customerId", customer_id)}


@pytest.mark.parametrize("typed", ["999-999-9999", "000-000-0000", "111-111-1111", "5555555", "213-555-0199"])
def test_a_number_that_many_people_type_leads_to_nobody_and_is_kept_in_the_summary(
    api: Api, simulator: ServiceTitan, socal: Company, typed: str
) -> None:
    mary = socal.add_customer("Mary Major", phone=typed)
    done = lead_of(api, phone=typed)
    assert (done["status"], done["customer_id"] == mary) == ("done", False)
    assert contacts_of(socal, done["customer_id"]) == {"john@mail.example.net"}
    assert [lead["summary"] for lead in socal.records("leads")] == [f"Wants a new roof; {typed}"]
    assert not [call for call in simulator.log.of("/customers", "GET") if "phone" in call.query]


def test_an_address_that_many_people_type_leads_to_nobody(api: Api, socal: Company) -> None:
    mary = socal.add_customer("Mary Major", email="none@none.com")
    done = lead_of(api, email="none@none.com")
    assert (done["status"], done["customer_id"] == mary) == ("done", False)
    assert contacts_of(socal, done["customer_id"]) == {"2135552823"}
    assert [lead["summary"] for lead in socal.records("leads")] == ["Wants a new roof; none@none.com"]


def test_a_lead_by_which_nobody_can_be_known_waits_for_a_person(api: Api, socal: Company) -> None:
    socal.add_customer("Mary Major", phone="999-999-9999", email="none@none.com")
    waiting = lead_of(api, phone="999-999-9999", email="none@none.com")
    assert (waiting["status"], waiting["lead"]["summary"]) == (
        "needs_review",
        "Wants a new roof; 999-999-9999; none@none.com",
    )
    assert "by which the person can be known" in waiting["last_error"]
    assert (
        "say which customer it is, whom you create in ServiceTitan first where there is none" in waiting["last_error"]
    )
    assert len(socal.records("customers")) == 1


def test_another_name_and_another_address_at_a_number_go_to_review(api: Api, socal: Company, ada: int) -> None:
    waiting = lead_of(api)
    assert (waiting["status"], waiting["candidates"]) == ("needs_review", [ada])
    assert "neither the name nor the e-mail" in waiting["last_error"]
    refused = api.write("/customers", ADA | {"name": "John Doe", "email": "john@mail.example.net"})
    assert (refused.status_code, refused.json()["code"]) == (409, "needs_review")
    [candidate] = refused.json()["candidates"]
    assert (candidate["id"], candidate["matched_by"]) == (ada, ["phone"])
    assert "neither the name nor the e-mail" in candidate["why"]
    assert (len(socal.records("customers")), socal.records("leads")) == (1, [])


def test_a_name_in_common_or_the_same_address_is_the_same_customer_and_what_they_lack_is_kept(
    api: Api, socal: Company, ada: int
) -> None:
    bob = lead_of(api, name="Bob Lovelace", email="bob@mail.example.net")
    again = lead_of(api, phone="213-555-2899 x7", email="ada@example.com")
    assert [(one["status"], one["customer_id"]) for one in (bob, again)] == [("done", ada)] * 2
    assert contacts_of(socal, ada) == {"(213) 555-2823", "ada@example.com"}
    summaries = [lead["summary"] for lead in socal.records("leads")]
    assert summaries == [
        "Wants a new roof; Bob Lovelace; bob@mail.example.net",
        "Wants a new roof; John Doe; +12135552899 x7",
    ]


def test_another_house_of_a_customer_and_a_list_of_numbers_are_kept(api: Api, socal: Company) -> None:
    address = {"street": "100 Main Street", "city": "Los Angeles", "state": "CA", "zip": "90012"}
    ada = socal.add_customer("Ada Lovelace", phone="213-555-2823", address=address)
    same = {"street": "100 MAIN ST.", "city": "Los Angeles"}
    other = address | {"street": "7 Elm St", "unit": "4"}
    numbers = ["213-555-2823", 2135552899, "213 555 2824"]
    for number, (place, phone) in enumerate(((same, "213-555-2823"), (other, numbers))):
        lead = {"name": "A. Lovelace", "email": None, "address": place, "phone": phone, "external_id": str(number)}
        done = lead_of(api, **lead)
        assert (done["status"], done["customer_id"]) == ("done", ada)
    assert sorted(lead["summary"] for lead in socal.records("leads")) == [
        "Wants a new roof",
        "Wants a new roof; +12135552899; +12135552824; 7 Elm St 4, Los Angeles, CA 90012",
    ]


def test_a_switchboards_extension_goes_to_review(api: Api, socal: Company) -> None:
    office = socal.add_customer("Doe and Sons", phone="213-555-2823")
    waiting = lead_of(api, phone="213-555-2823 x22")
    assert (waiting["status"], waiting["candidates"]) == ("needs_review", [office])
    assert "another extension" in waiting["last_error"]
    decided = api.write(
        f"/webhooks/leads/{waiting['id']}/decision", {"tenant": "socal", "customer_id": office, "reason": "r"}
    )
    assert end_of(api, decided)["customer_id"] == office
    assert [lead["summary"] for lead in socal.records("leads")] == [
        "Wants a new roof; +12135552823 x22; john@mail.example.net"
    ]


def test_a_new_customers_extension_is_stored_and_known_again(api: Api, socal: Company) -> None:
    first, second = (lead_of(api, phone="213-555-2823 x22", external_id=name) for name in ("1", "2"))
    assert (first["status"], second["customer_id"]) == ("done", first["customer_id"])
    numbers = [(one["value"], one["memo"]) for one in socal.records("customer_contacts") if one["type"] == "Phone"]
    assert numbers == [("2135552823", "x22")]


def test_a_fax_number_is_no_phone(api: Api, socal: Company) -> None:
    office = socal.add_customer("Mary Major")
    socal.add_contact(office, "Fax", "213-555-2823")
    done = lead_of(api)
    assert (done["status"], done["customer_id"] == office) == ("done", False)
    assert api.read("/customers", tenant="socal", phone="213-555-2823").json()["customers"][0]["id"] != office


def test_a_number_on_more_than_three_customers_identifies_nobody(api: Api, socal: Company) -> None:
    many = [socal.add_customer("John Doe", phone="213-555-2823") for _ in range(4)]
    waiting = lead_of(api)
    assert (waiting["status"], waiting["candidates"]) == ("needs_review", many)
    assert "as 4 customers have: it identifies nobody" in waiting["last_error"]


def test_a_phone_may_be_a_number_of_json(api: Api, ada: int) -> None:
    for number in (2135552823, 2135552823.0, 12135552823):
        for phone in (number, str(number)):
            assert api.write("/customers", ADA | {"phone": phone, "email": None}).json()["customer"]["id"] == ada


@pytest.mark.parametrize("typed", ["2135552823", "tel:+1-213-555-2823", "\u202a(213) 555.2823\u202c", "p:+12135552823"])
def test_one_person_in_any_spelling_is_one_customer(api: Api, ada: int, typed: str) -> None:
    lead = LEAD | {"phone": typed, "name": "LOVELACE, ADA", "email": None}
    assert end_of(api, api.post("/webhooks/leads", json=lead))["customer_id"] == ada
    assert api.write("/customers", ADA | {"phone": typed, "email": None}).json()["customer"]["id"] == ada
    assert [one["id"] for one in api.read("/customers", tenant="socal", phone=typed).json()["customers"]] == [ada]


def test_what_identifies_nobody_creates_nobody_and_the_way_out_is_said(api: Api, socal: Company) -> None:
    socal.add_customer("Mary Major", phone="999-999-9999", email="none@none.com")
    asked = {"phone": "999-999-9999", "email": "none@none.com"}
    refused = api.write("/customers", ADA | asked)
    looked = api.read("/customers", tenant="socal", **asked)
    booked = api.write("/bookings", BOOKING | asked)
    for answer in (refused, looked, booked):
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        errors = answer.json()["errors"]
        assert "'999-999-9999' identifies nobody" in errors["phone"][0]
        assert "give the person's own address" in errors["email"][0]
    assert len(socal.records("customers")) == 1


def test_beside_a_good_value_one_that_identifies_nobody_is_left_out_and_named(api: Api, socal: Company) -> None:
    created = api.write("/customers", ADA | {"phone": "999-999-9999"})
    assert created.status_code == 201
    [left_out] = created.json()["left_out"]
    assert (left_out["field"], left_out["value"]) == ("phone", "999-999-9999")
    assert contacts_of(socal, created.json()["customer"]["id"]) == {"ada@example.com"}


def test_a_booking_keeps_in_its_summary_what_identifies_nobody(api: Api, socal: Company) -> None:
    booked = api.write("/bookings", BOOKING | {"phone": "999-999-9999", "email": "ada@example.com"})
    assert booked.status_code == 201
    assert [one["value"] for one in socal.records("booking_contacts")] == ["ada@example.com"]
    assert [one["summary"] for one in socal.records("bookings")] == ["Leaking gutter; 999-999-9999"]
    assert api.write("/bookings", BOOKING | {"phone": "213-555-2823 or 213-555-2824", "email": None}).status_code == 201
    assert socal.records("bookings")[-1]["summary"] == "Leaking gutter; +12135552824"


def test_a_lead_keeps_in_its_summary_what_identifies_nobody(api: Api, socal: Company) -> None:
    typed = {"lead_customer_name": "John Doe", "lead_phone": "(999) 999-9999", "lead_email": "none@none.com"}
    assert api.write("/leads", API_LEAD | typed).status_code == 201
    assert api.write("/leads", API_LEAD | typed | {"lead_phone": "(213) 555-2823"}).status_code == 201
    crossed = typed | {"lead_phone": "john@mail.example.net", "lead_email": None}
    assert api.write("/leads", API_LEAD | crossed).status_code == 201
    assert (
        api.write("/leads", API_LEAD | crossed | {"lead_phone": None, "lead_email": "213-555-2824"}).status_code == 201
    )
    told = [(one.get("leadPhone"), one.get("leadEmail"), one["summary"]) for one in socal.records("leads")]
    summary = API_LEAD["summary"]
    assert told == [
        (None, None, f"{summary}; (999) 999-9999; none@none.com"),
        ("(213) 555-2823", None, f"{summary}; none@none.com"),
        (None, "john@mail.example.net", summary),
        ("+12135552824", None, summary),
    ]


def test_who_was_merged_away_stands_for_the_survivor_and_who_is_inactive_takes_nothing(
    api: Api, settings: Settings, socal: Company, ada: int
) -> None:
    survivor, away = socal.add_customer("Ada King"), socal.add_customer("Bob Stone")
    socal.merge_customers(ada, survivor)
    socal.change("customers", away, active=False)
    contact = {"contact_id": LEAD["contact_id"]}
    assert api.write("/leads", API_LEAD | {"customer_id": ada}).json()["customer_id"] == survivor
    for refused in (
        api.write("/leads", API_LEAD | {"customer_id": away}),
        api.write(f"/customers/{away}/contact?tenant=socal", contact, method="PUT"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
        assert f"customer {away} is inactive in ServiceTitan" in refused.json()["errors"]["customer_id"][0]
    assert (len(socal.records("leads")), links(settings)) == (1, [])
