"""The stand-in ServiceTitan's write endpoints, and the reads that go with them."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.caller import Caller, calling
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

ADDRESS = {"street": "1 Elm St", "city": "Dallas", "state": "TX", "zip": "75201", "country": "USA"}
CUSTOMER = {"name": "Ada Oak", "address": ADDRESS, "locations": [{"name": "Home", "address": ADDRESS}]}
LEAD = {"campaignId": 3301, "summary": "Wants new windows", "callReasonId": 7}
BOOKING = {"source": "web", "name": "Ada", "summary": "Roof", "isFirstTimeClient": True, "externalId": "web-1"}
GUID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
PROVIDER = "crm/booking-provider/5501/bookings"


@pytest.fixture
def caller(simulator: ServiceTitan) -> Iterator[Caller]:
    with calling(simulator) as caller:
        yield caller


@pytest.fixture
def socal(world: World) -> Company:
    return world["socal"]


def errors(caller: Caller, method: str, path: str, body: Any) -> set[str]:
    refused = caller.send(method, path, body)
    assert refused.status_code == 400
    return set(refused.json()["errors"])


def test_a_created_customer_is_answered_with_200_its_locations_and_its_contacts(caller: Caller) -> None:
    phone, mail = {"type": "Phone", "value": "7145552823"}, {"type": "Email", "value": "ada@example.com"}
    home = {"name": "Home", "address": ADDRESS, "contacts": [mail]}
    answer = caller.send("POST", "crm/customers", CUSTOMER | {"contacts": [phone], "locations": [home]})
    customer = answer.json()
    assert answer.status_code == 200
    assert [contact["value"] for contact in customer["contacts"]] == ["7145552823", "ada@example.com"]
    assert customer["locations"][0]["customerId"] == customer["id"]
    assert customer["locations"][0]["contacts"][0]["id"] != customer["contacts"][1]["id"]
    assert caller.get(f"crm/customers/{customer['id']}").json()["name"] == "Ada Oak"


@pytest.mark.parametrize("field", ["name", "address", "locations"])
def test_a_customer_without_a_required_field_is_refused_by_its_name(caller: Caller, field: str) -> None:
    assert errors(caller, "POST", "crm/customers", {k: v for k, v in CUSTOMER.items() if k != field}) == {field}


def test_names_have_a_limit(caller: Caller) -> None:
    assert errors(caller, "POST", "crm/customers", CUSTOMER | {"name": "a" * 151}) == {"name"}


def test_a_customer_is_found_at_once_by_external_data_given_at_its_birth(caller: Caller) -> None:
    datum = {"applicationGuid": GUID, "externalData": [{"key": "lead", "value": "42"}]}
    customer = caller.send("POST", "crm/customers", CUSTOMER | {"externalData": datum}).json()
    found = caller.records(
        "crm/customers", externalDataApplicationGuid=GUID, externalDataKey="lead", externalDataValues="42"
    )
    assert [record["id"] for record in found] == [customer["id"]]


def test_what_is_posted_twice_is_there_twice(caller: Caller) -> None:
    first, second = (caller.send("POST", PROVIDER, BOOKING | {"address": ADDRESS}).json()["id"] for _ in range(2))
    assert first != second
    assert len(caller.records(PROVIDER, externalId="web-1")) == 2


def test_a_customer_can_be_changed_but_not_deactivated(caller: Caller, socal: Company, world: World) -> None:
    ada = socal.add_customer()
    world.advance(minutes=1)
    changed = caller.send("PATCH", f"crm/customers/{ada}", {"doNotMail": True}).json()
    assert (changed["doNotMail"], changed["modifiedOn"]) == (True, "2026-03-02T15:01:00Z")
    assert errors(caller, "PATCH", f"crm/customers/{ada}", {"active": False}) == {"active"}
    assert caller.send("PATCH", "crm/customers/1", {"name": "Ben"}).status_code == 404


def test_contacts_are_added_changed_and_deleted_without_bumping_the_customer(
    caller: Caller, socal: Company, world: World
) -> None:
    ada = socal.add_customer()
    world.advance(minutes=1)
    contact = caller.send("POST", f"crm/customers/{ada}/contacts", {"type": "Email", "value": "ada@example.com"}).json()
    path = f"crm/customers/{ada}/contacts"
    assert (
        caller.send("PATCH", f"{path}/{contact['id']}", {"value": "a@example.com"}).json()["value"] == "a@example.com"
    )
    assert caller.send("DELETE", f"{path}/{contact['id']}").status_code == 200
    assert caller.records(path) == []
    assert socal.get("customers", ada)["modifiedOn"] == "2026-03-02T15:00:00Z"


def test_a_lead_needs_a_call_reason_or_a_follow_up_date(caller: Caller, socal: Company) -> None:
    ada = socal.add_customer()
    lead = caller.send("POST", "crm/leads", LEAD | {"customerId": ada}).json()
    assert (lead["status"], lead["customerId"]) == ("Open", ada)
    assert errors(caller, "POST", "crm/leads", LEAD | {"callReasonId": None}) == {"callReasonId"}
    follow_up = LEAD | {"callReasonId": None, "followUpDate": "2026-03-05T09:00:00Z"}
    assert caller.send("POST", "crm/leads", follow_up).json()["followUpDate"] == "2026-03-05T09:00:00Z"


@pytest.mark.parametrize("field", ["campaignId", "summary"])
def test_a_lead_without_a_required_field_is_refused_by_its_name(caller: Caller, field: str) -> None:
    assert errors(caller, "POST", "crm/leads", {k: v for k, v in LEAD.items() if k != field}) == {field}


def test_a_lead_for_a_customer_who_is_not_there_is_refused(caller: Caller) -> None:
    assert errors(caller, "POST", "crm/leads", LEAD | {"customerId": 1}) == {"customerId"}


def test_a_lead_form_gives_the_id_of_a_lead_without_a_customer(caller: Caller, socal: Company) -> None:
    lead = caller.send("POST", "crm/leads/form", {"name": "Ada", "email": "ada@example.com"}).json()["leadId"]
    record = socal.get("leads", lead)
    assert (record.get("customerId"), record["leadEmail"]) == (None, "ada@example.com")


def test_leads_are_dismissed_and_followed_up(caller: Caller, socal: Company) -> None:
    lead = socal.add_lead()
    answer = caller.send("POST", f"crm/leads/{lead}/follow-up", {"followUpDate": "2026-03-05T09:00:00Z"}).json()
    assert (answer["leadId"], answer["followUpDate"]) == (lead, "2026-03-05T09:00:00Z")
    assert caller.send("POST", f"crm/leads/{lead}/dismiss", {"dismissingReasonId": 3}).status_code == 200
    assert socal.get("leads", lead)["status"] == "Dismissed"


def test_bookings_are_posted_at_a_booking_provider_only(caller: Caller) -> None:
    assert caller.send("POST", "crm/bookings", BOOKING).status_code == 405
    assert caller.send("POST", "crm/booking-provider/1/bookings", BOOKING | {"address": ADDRESS}).status_code == 404


def test_a_booking_needs_an_address_or_a_contact(caller: Caller) -> None:
    contact = {"type": "Phone", "value": "7145552823"}
    booking = caller.send("POST", PROVIDER, BOOKING | {"contacts": [contact]}).json()
    assert (booking["status"], booking["bookingProviderId"]) == ("New", 5501)
    assert [c["value"] for c in caller.records(f"crm/bookings/{booking['id']}/contacts")] == ["7145552823"]
    assert errors(caller, "POST", PROVIDER, BOOKING) == {"contacts"}


def test_a_lead_from_a_booking_dismisses_the_booking(caller: Caller, socal: Company) -> None:
    booking = socal.add_booking("web-2")
    caller.send("POST", "crm/leads", LEAD | {"bookingId": booking})
    assert socal.get("bookings", booking)["status"] == "Dismissed"


def test_a_job_is_booked_with_its_appointments_and_converts_its_lead(caller: Caller, socal: Company) -> None:
    ada = socal.add_customer()
    lead = socal.add_lead(ada)
    job_type = socal.job_type("sales")
    slot = {"start": "2026-03-05T09:00:00Z", "end": "2026-03-05T10:00:00Z"}
    body = {
        "customerId": ada,
        "locationId": socal.location_of(ada),
        "businessUnitId": job_type["businessUnitIds"][0],
        "jobTypeId": job_type["id"],
        "priority": "Normal",
        "campaignId": 3301,
        "appointments": [slot, slot],
        "leadId": lead,
    }
    job = caller.send("POST", "jpm/jobs", body).json()
    assert (job["jobStatus"], job["appointmentCount"]) == ("Scheduled", 2)
    assert len(caller.records("jpm/appointments", jobId=job["id"])) == 2
    assert socal.get("leads", lead)["status"] == "Converted"
    assert errors(caller, "POST", "jpm/jobs", body | {"customerId": 1}) == {"customerId"}
    assert errors(caller, "POST", "jpm/jobs", body | {"appointments": []}) == {"appointments"}


def test_a_cancellation_needs_reason_and_memo_and_can_be_removed(caller: Caller, socal: Company) -> None:
    job, reason = socal.book_job(socal.add_customer()), socal.records("job_cancel_reasons")[0]["id"]
    assert errors(caller, "PUT", f"jpm/jobs/{job}/cancel", {"reasonId": reason}) == {"memo"}
    assert caller.send("PUT", f"jpm/jobs/{job}/cancel", {"reasonId": reason, "memo": "Ill"}).status_code == 200
    assert [entry["memo"] for entry in caller.records(f"jpm/jobs/{job}/canceled-log")] == ["Ill"]
    assert [entry["text"] for entry in caller.records("jpm/jobs/cancel-reasons", ids=str(job))] == ["Ill"]
    assert caller.send("PUT", f"jpm/jobs/{job}/remove-cancellation").status_code == 200
    assert socal.get("jobs", job)["jobStatus"] == "Scheduled"
    assert errors(caller, "PUT", f"jpm/jobs/{job}/remove-cancellation", None) == {"id"}


def test_an_appointment_is_moved_or_deleted_unless_it_is_the_only_one(caller: Caller, socal: Company) -> None:
    job = socal.book_job(socal.add_customer())
    only = socal.appointments_of(job)[0]["id"]
    moved = caller.send("PATCH", f"jpm/appointments/{only}/reschedule", {"start": "2026-03-09T09:00:00Z"}).json()
    assert (moved["start"], moved["end"]) == ("2026-03-09T09:00:00Z", "2026-03-09T10:30:00Z")
    assert caller.send("DELETE", f"jpm/appointments/{only}").status_code == 409
    slot = {"start": "2026-03-10T09:00:00Z", "end": "2026-03-10T10:00:00Z"}
    second = caller.send("POST", "jpm/appointments", {"jobId": job, **slot}).json()["id"]
    assert caller.send("DELETE", f"jpm/appointments/{second}").status_code == 200


def test_an_estimate_is_sold_unsold_and_dismissed(caller: Caller, socal: Company) -> None:
    estimate = socal.create_estimate(job_id=socal.book_job(socal.add_customer()))
    sold = caller.send("PUT", f"sales/estimates/{estimate}/sell", {"soldBy": 202}).json()
    assert (sold["status"]["name"], sold["soldBy"], sold["soldOn"]) == ("Sold", 202, "2026-03-02T15:00:00Z")
    assert errors(caller, "PUT", f"sales/estimates/{estimate}/sell", {"soldBy": 202}) == {"id"}
    assert caller.send("PUT", f"sales/estimates/{estimate}/unsell").status_code == 200
    assert caller.send("PUT", f"sales/estimates/{estimate}/dismiss").status_code == 200
    changes = caller.get(f"sales/status/estimates/{estimate}/changes").json()
    assert [change["newStatus"] for change in changes] == ["Sold", "Open", "Dismissed"]


def test_an_email_address_leads_to_its_customer_by_contact_methods(
    caller: Caller, socal: Company, simulator: ServiceTitan
) -> None:
    ada = socal.add_customer("Ada", email="ada@example.com")
    (method,) = caller.records("crm/contacts/contact-methods", type="Email", value="ADA@example.com")
    contact = caller.get(f"crm/contacts/{method['contactId']}").json()
    (relationship,) = caller.records(f"crm/contacts/{contact['id']}/relationships")
    assert (contact["name"], relationship["relatedEntityId"]) == ("Ada", ada)
    assert caller.records("crm/contacts/contact-methods", value="ada@") == []
    simulator.switches.contact_value = "substring"
    assert len(caller.records("crm/contacts/contact-methods", value="ada@")) == 1


def test_a_write_needs_the_scope_to_write(caller: Caller, simulator: ServiceTitan) -> None:
    simulator.tokens.clients[caller.tenant_id].scopes.remove("tn.crm.leads:w")
    refused = caller.send("POST", "crm/leads", LEAD)
    assert (refused.status_code, list(refused.json()["errors"])) == (403, ["scope"])


def test_a_body_that_is_no_json_is_refused(caller: Caller) -> None:
    assert caller.client.post(caller.address("crm/leads"), content=b"{").status_code == 400
