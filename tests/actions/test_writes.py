"""What is written to ServiceTitan: once, whatever happens on the way."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.actions.conftest import SOCAL, Api, Open
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company

ADA: dict[str, Any] = {
    "tenant": "socal",
    "name": "Ada Lovelace",
    "phone": "213-555-2823",
    "email": "ada@example.com",
    "address": {"street": "100 Main St", "city": "Los Angeles", "state": "CA", "zip": "90012"},
}
LEAD = {"tenant": "socal", "campaign_id": 3301, "summary": "Wants a new roof", "call_reason_id": 7}
BOOKING = {"tenant": "socal", "name": "Ada", "summary": "Leaking gutter", "phone": "213-555-2823"}
WRITES = (("/customers", ADA), ("/leads", LEAD), ("/bookings", BOOKING))


def test_a_customer_is_created_with_location_and_contacts(api: Api, socal: Company) -> None:
    created = api.write("/customers", ADA)
    customer = created.json()["customer"]
    assert (created.status_code, created.json()["created"]) == (201, True)
    (record,) = socal.records("customers")
    (location,) = socal.records("locations")
    assert (record["id"], record["name"]) == (customer["id"], "Ada Lovelace")
    assert (location["id"], location["customerId"]) == (created.json()["location_id"], customer["id"])
    contacts = {(contact["type"], contact["value"]) for contact in socal.records("customer_contacts")}
    assert contacts == {("Phone", "2135552823"), ("Email", "ada@example.com")}


def test_who_is_there_already_is_found_and_not_created(api: Api, socal: Company, ada: int) -> None:
    found = api.write("/customers", ADA | {"email": None})
    assert (found.status_code, found.json()["created"], found.json()["customer"]["id"]) == (200, False, ada)
    assert len(socal.records("customers")) == 1


def test_where_several_match_a_person_decides(api: Api, socal: Company, ada: int) -> None:
    twin = socal.add_customer("A. Lovelace", email="ada@example.com")
    refused = api.write("/customers", ADA)
    assert (refused.status_code, refused.json()["code"]) == (409, "needs_review")
    assert [candidate["id"] for candidate in refused.json()["candidates"]] == [ada, twin]
    assert len(socal.records("customers")) == 2


def test_a_lead_and_a_booking_are_created(api: Api, socal: Company, ada: int) -> None:
    lead = api.write("/leads", LEAD | {"customer_id": ada})
    booking = api.write("/bookings", BOOKING)
    assert (lead.status_code, booking.status_code) == (201, 201)
    assert socal.get("leads", lead.json()["id"])["customerId"] == ada
    assert socal.get("bookings", booking.json()["id"])["isSendConfirmationEmail"] is False


def test_a_write_without_a_key_is_refused(api: Api) -> None:
    for path, body in WRITES:
        refused = api.post(path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_missing")


def test_the_first_outcome_is_given_again(api: Api, simulator: ServiceTitan) -> None:
    for path, body in WRITES:
        first, second = api.write(path, body, path), api.write(path, body, path)
        assert (second.status_code, second.content) == (first.status_code, first.content)
        assert ("idempotent-replayed" in first.headers, second.headers["idempotent-replayed"]) == (False, "true")
        assert len(simulator.log.of(path, "POST")) == 1


def test_a_key_belongs_to_one_request(api: Api) -> None:
    assert api.write("/leads", LEAD, "key").status_code == 201
    for path, body in (("/leads", LEAD | {"summary": "another"}), ("/bookings", BOOKING)):
        refused = api.write(path, body, "key")
        assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")


def test_fifty_at_once_are_one_write(api: Api, simulator: ServiceTitan) -> None:
    for path, body in WRITES:
        with ThreadPoolExecutor(50) as callers:
            answers = list(callers.map(api.write, [path] * 50, [body] * 50, [path] * 50))
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"in_progress"}
        assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
        assert len(simulator.log.of(path, "POST")) == 1


@pytest.mark.parametrize(
    ("fault", "fields"),
    [("lose_answer", {}), ("cut", {}), ("odd_body", {"body": "html"}), ("slow", {"seconds": 1.5})],
)
def test_a_write_whose_answer_is_lost_is_looked_for(
    api: Api, simulator: ServiceTitan, fault: str, fields: dict[str, Any]
) -> None:
    """It is not sent again."""
    for path, body in WRITES:
        simulator.faults.order(fault, path, method="POST", **fields)
        assert api.write(path, body).status_code == 201
        assert len(simulator.log.of(path, "POST")) == 1


@pytest.mark.parametrize(("fault", "fields"), [("drop", {}), ("status", {"status": 500})])
def test_a_write_that_was_not_carried_out_is_sent_once_more(
    api: Api, simulator: ServiceTitan, socal: Company, fault: str, fields: dict[str, Any]
) -> None:
    for path, body in WRITES:
        simulator.faults.order(fault, path, method="POST", **fields)
        assert api.write(path, body).status_code == 201
        assert len(simulator.log.of(path, "POST")) == 2
        assert len(socal.records(path[1:])) == 1


def test_what_stays_unknown_is_in_doubt_until_it_is_asked_for_again(api: Api, simulator: ServiceTitan) -> None:
    for path, body in WRITES:
        simulator.faults.order("status", path, method="POST", status=502, body="html", times=2)
        doubtful = api.write(path, body, path)
        assert (doubtful.status_code, doubtful.json()["code"]) == (502, "in_doubt")
        assert len(simulator.log.of(path, "POST")) == 2
        assert api.write(path, body, path).status_code == 201


def test_a_write_that_cannot_be_looked_for_is_not_repeated(api: Api, simulator: ServiceTitan) -> None:
    for path, body in WRITES:
        simulator.faults.order("lose_answer", path, method="POST")
        looks_before = 0 if path == "/leads" else 1  # to find the customer, or the booking's externalId
        simulator.faults.order("status", path, method="GET", status=500, skip=looks_before, times=20)
        doubtful = api.write(path, body, path)
        assert (doubtful.status_code, doubtful.json()["code"]) == (502, "in_doubt")
        simulator.faults.clear()
        assert api.write(path, body, path).status_code == 201
        assert len(simulator.log.of(path, "POST")) == 1


@pytest.mark.parametrize(
    ("fault", "fields", "status", "code"),
    [
        ("rate_limit", {"seconds": 7}, 503, "busy"),
        ("status", {"status": 503, "headers": {"Retry-After": "7"}}, 503, "busy"),
        ("status", {"status": 403}, 403, "not_permitted"),
    ],
)
def test_what_servicetitan_says_is_passed_on_and_may_be_tried_again(
    api: Api, simulator: ServiceTitan, fault: str, fields: dict[str, Any], status: int, code: str
) -> None:
    for path, body in WRITES:
        simulator.faults.order(fault, path, method="POST", times=99, **fields)
        refused = api.write(path, body, path)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert refused.headers.get("retry-after") == ("7" if code == "busy" else None)
        simulator.faults.clear()
        assert api.write(path, body, path).status_code == 201


def test_an_expired_token_is_asked_for_again(api: Api, simulator: ServiceTitan) -> None:
    for path, body in WRITES:
        simulator.faults.order("expire_tokens", path, method="POST")
        assert api.write(path, body).status_code == 201
        assert [call.status for call in simulator.log.of(path, "POST")] == [401, 200]


def test_two_requests_for_one_person_make_one_customer(api: Api, socal: Company) -> None:
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: api.write("/customers", ADA), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len(socal.records("customers")) == 1


def test_what_servicetitan_rejects_comes_with_its_field_errors(api: Api) -> None:
    rejected = api.write("/leads", LEAD | {"customer_id": 7}, "key")
    assert (rejected.status_code, rejected.json()["code"]) == (422, "rejected")
    assert "customer_id" in rejected.json()["errors"]
    assert api.write("/leads", LEAD | {"customer_id": 7}, "key").headers["idempotent-replayed"] == "true"


def test_two_equal_leads_on_purpose_are_two_leads(api: Api, simulator: ServiceTitan, socal: Company) -> None:
    assert api.write("/leads", LEAD).status_code == 201
    simulator.faults.order("lose_answer", "/leads", method="POST")
    assert api.write("/leads", LEAD).status_code == 201
    assert len(socal.records("leads")) == 2


def test_a_missing_scope_is_named(api: Api, simulator: ServiceTitan) -> None:
    client = simulator.tokens.clients[SOCAL]
    client.scopes = frozenset(client.scopes) - {"tn.crm.leads:w"}  # type: ignore[assignment]
    refused = api.write("/leads", LEAD)
    assert (refused.status_code, refused.json()["scope"]) == (403, "tn.crm.leads:w")


def test_a_booking_needs_a_provider(open_api: Open) -> None:
    api = open_api(SERVICETITAN_TENANTS__SOCAL__BOOKING_PROVIDER_ID="")
    refused = api.write("/bookings", BOOKING)
    assert (refused.status_code, refused.json()["code"]) == (422, "not_configured")
    assert "BOOKING_PROVIDER_ID" in refused.json()["detail"]


def test_one_callers_keys_are_not_anothers(open_api: Open, socal: Company) -> None:
    first = open_api("one", ACTIONS_TOKENS="a:one,b:two")
    second = Api(first.url, "two")
    for path, body in WRITES:
        other = body | {"name": "Bob", "phone": "213-555-2877", "email": None} if "name" in body else body
        answers = [first.write(path, body, path), second.write(path, other, path)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert not [answer for answer in answers if "idempotent-replayed" in answer.headers]
        assert len(socal.records(path[1:])) == 2


def test_two_callers_with_one_key_make_two_bookings(open_api: Open, socal: Company) -> None:
    first = open_api("one", ACTIONS_TOKENS="a:one,b:two")
    second = Api(first.url, "two")
    bookings = [first.write("/bookings", BOOKING, "run-42"), second.write("/bookings", BOOKING, "run-42")]
    again = [first.write("/bookings", BOOKING, "run-42"), second.write("/bookings", BOOKING, "run-42")]
    assert [answer.json()["id"] for answer in bookings] == [record["id"] for record in socal.records("bookings")]
    assert [answer.content for answer in again] == [answer.content for answer in bookings]
    external_ids = {record["externalId"] for record in socal.records("bookings")}
    assert (len(external_ids), "run-42" in external_ids) == (2, False)
