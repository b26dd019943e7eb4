"""What is read live: customers, appointments, jobs, estimates, leads."""

from typing import Any

import pytest

from tests.actions.conftest import SOCAL, Api, Open
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World


def test_a_customer_comes_with_contacts(api: Api, ada: int) -> None:
    customer = api.read(f"/customers/{ada}", tenant="socal").json()
    assert (customer["id"], customer["name"]) == (ada, "Ada Lovelace")
    assert {contact["value"] for contact in customer["contacts"]} == {"(213) 555-2823", "ada@example.com"}


def test_a_customer_of_another_tenant_answers_like_one_that_is_not_there(api: Api, ada: int) -> None:
    foreign = api.read(f"/customers/{ada}", tenant="dfw")
    missing = api.read("/customers/7", tenant="dfw")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json() == missing.json()
    assert foreign.json()["code"] == "not_found"


@pytest.mark.parametrize("number", ["213-555-2823", "+1 (213) 555 2823", "2135552823"])
def test_a_phone_number_is_found_however_it_is_written(api: Api, ada: int, number: str) -> None:
    found = api.read("/customers", tenant="socal", phone=number).json()["customers"]
    assert [(customer["id"], customer["matched_by"]) for customer in found] == [(ada, ["phone"])]


def test_a_number_that_is_only_part_of_another_is_not_found(api: Api, socal: Company) -> None:
    socal.add_customer("Bob", phone="+44 2135 550123")
    assert api.read("/customers", tenant="socal", phone="213-555-2823").json() == {"customers": []}


@pytest.mark.parametrize("compared", ["exact", "substring"])
def test_an_address_is_found_through_contact_methods(
    api: Api, simulator: ServiceTitan, socal: Company, ada: int, compared: str
) -> None:
    simulator.switches.contact_value = compared  # type: ignore[assignment]
    socal.add_customer("Another", email="not-ada@example.com")
    found = api.read("/customers", tenant="socal", email="Ada@Example.com").json()["customers"]
    assert [(customer["id"], customer["matched_by"]) for customer in found] == [(ada, ["email"])]


def test_who_was_merged_away_stands_for_the_survivor(api: Api, socal: Company, ada: int) -> None:
    survivor = socal.add_customer("Ada L.", phone="(213) 555-2899")
    socal.merge_customers(ada, survivor)
    found = api.read("/customers", tenant="socal", email="ada@example.com").json()["customers"]
    assert [customer["id"] for customer in found] == [survivor]


def test_a_list_goes_on_where_its_cursor_points(api: Api, socal: Company, ada: int) -> None:
    jobs = [socal.book_job(ada, "sales") for _ in range(3)]
    asked: dict[str, Any] = {"tenant": "socal", "customer_id": ada, "limit": 2}
    first = api.read("/jobs", **asked).json()
    second = api.read("/jobs", **asked, cursor=first["cursor"]).json()
    assert [job["id"] for page in (first, second) for job in page["items"]] == sorted(jobs)
    assert second["cursor"] is None


def test_a_cursor_belongs_to_one_question(api: Api, socal: Company, ada: int) -> None:
    for _ in range(2):
        socal.book_job(ada, "sales")
    cursor = api.read("/jobs", tenant="socal", limit=1).json()["cursor"]
    refused = api.read("/jobs", tenant="socal", limit=1, cursor=cursor, job_status="Completed")
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["cursor"])


def test_estimates_of_a_customer_go_through_the_jobs(
    api: Api, simulator: ServiceTitan, socal: Company, ada: int
) -> None:
    estimates = [socal.create_estimate(job_id=socal.book_job(ada, "sales")) for _ in range(3)]
    socal.create_estimate(job_id=socal.book_job(socal.add_customer("Bob"), "sales"))
    socal.sell(estimates[1])
    found = api.read("/estimates", tenant="socal", customer_id=ada).json()["items"]
    assert [(estimate["id"], estimate["status"]) for estimate in found] == [
        (estimates[0], "Open"),
        (estimates[1], "Sold"),
        (estimates[2], "Open"),
    ]
    simulator.switches.schema = "S12"  # jobs did not name their estimates then
    again = api.read("/estimates", tenant="socal", customer_id=ada, sort="-id", limit=2).json()
    assert [estimate["id"] for estimate in again["items"]] == [estimates[2], estimates[1]]


def test_estimates_of_a_customer_go_through_the_locations_too(
    api: Api, simulator: ServiceTitan, socal: Company, ada: int
) -> None:
    """One need not hang on a job, and a location is the customer's also when it is no longer in use."""
    simulator.switches.strict = True
    home = socal.location_of(ada)
    old = socal.add_location(ada, "The old house", socal.get("locations", home)["address"], active=False)
    bob = socal.add_customer("Bob")
    on_a_job = socal.create_estimate(job_id=socal.book_job(ada, "sales"))
    at_home = socal.create_estimate(ada, locationId=home)
    at_the_old_one, of_nobody = socal.create_estimate(ada, locationId=old), socal.create_estimate(locationId=home)
    socal.create_estimate(bob, locationId=home)
    socal.create_estimate(bob, locationId=socal.location_of(bob))

    def found(**more: Any) -> list[int]:
        rows = api.read("/estimates", tenant="socal", customer_id=ada, **more).json()["items"]
        return [row["id"] for row in rows]

    assert found() == [on_a_job, at_home, at_the_old_one, of_nobody]
    assert found(location_id=old) == [at_the_old_one]
    assert found(job_id=socal.get("estimates", on_a_job)["jobId"]) == [on_a_job]
    assert found(location_id=socal.location_of(bob)) == []
    socal.sell(at_home)
    assert found(status="Sold") == [at_home]


def test_estimates_of_a_customer_are_paged_whole_while_others_come_and_change(
    api: Api, socal: Company, ada: int, world: World
) -> None:
    home, made = socal.location_of(ada), []
    for _ in range(7):
        made.append(socal.create_estimate(ada, locationId=home))
        world.advance(minutes=1)
    for sort in ("id", "-id", "created_on", "-created_on"):
        asked: dict[str, Any] = {"tenant": "socal", "customer_id": ada, "limit": 3, "sort": sort}
        found, cursor = [], None
        while True:
            page = api.read("/estimates", **asked, **({"cursor": cursor} if cursor else {})).json()
            found += [row["id"] for row in page["items"]]
            socal.delete_estimate(socal.create_estimate(ada, locationId=home))  # comes and goes between two pages
            if (cursor := page["cursor"]) is None:
                break
        assert (sort, found) == (sort, sorted(made, reverse=sort[0] == "-"))


def test_more_estimates_than_a_page_of_servicetitans_are_all_found(api: Api, socal: Company, ada: int) -> None:
    home = socal.location_of(ada)
    made = [socal.create_estimate(ada, locationId=home) for _ in range(501)]
    last = api.read("/estimates", tenant="socal", customer_id=ada, sort="-id", limit=1).json()
    assert last["items"][0]["id"] == made[-1]


def test_a_customer_of_too_many_locations_is_refused_with_the_way_out(api: Api, socal: Company, ada: int) -> None:
    address = socal.get("locations", socal.location_of(ada))["address"]
    for number in range(200):
        socal.add_location(ada, f"Flat {number}", address)
    refused = api.read("/estimates", tenant="socal", customer_id=ada)
    assert (refused.status_code, refused.json()["code"]) == (422, "rejected")
    assert "200 locations; ask by job_id or location_id" in refused.json()["detail"]
    assert api.read("/estimates", tenant="socal", customer_id=ada, location_id=1).status_code == 200


def test_every_filter_reaches_servicetitan_under_a_name_that_it_knows(api: Api, simulator: ServiceTitan) -> None:
    """What it does not know it ignores, and gives the whole table."""
    simulator.switches.strict = True
    day = "2026-01-01T00:00:00Z"
    changed = {"created_on_or_after": day, "created_before": day, "modified_on_or_after": day, "modified_before": day}
    asked: dict[str, dict[str, Any]] = {
        "appointments": {
            "customer_id": 1,
            "job_id": 1,
            "number": "1",
            "status": "Done",
            "unused": True,
            "active": "any",
        }
        | {"starts_on_or_after": day, "starts_before": day},
        "jobs": {"customer_id": 1, "location_id": 1, "number": "1", "job_status": "Hold", "job_type_id": 1}
        | {"business_unit_id": 1, "campaign_id": 1, "completed_on_or_after": day, "completed_before": day},
        "estimates": {"job_id": 1, "location_id": 1, "status": "Open", "sold_after": day, "sold_before": day},
        "leads": {"customer_id": 1, "status": "Open", "without_customer": False, "lead_phone": "1"}
        | {"lead_customer_name": "a"},
    }
    for path, filters in asked.items():
        answer = api.read(f"/{path}", tenant="socal", sort="-modified_on", **changed, **filters)
        assert (path, answer.status_code) == (path, 200), answer.text


@pytest.mark.parametrize(
    ("fault", "fields", "status", "code"),
    [
        ("rate_limit", {"seconds": 7}, 503, "busy"),
        ("status", {"status": 503}, 503, "busy"),
        ("status", {"status": 502, "body": "html"}, 502, "unavailable"),
        ("status", {"status": 200, "body": "cut"}, 502, "unavailable"),
        ("drop", {}, 502, "unavailable"),
        ("status", {"status": 403}, 403, "not_permitted"),
        ("status", {"status": 400}, 422, "rejected"),
        ("status", {"status": 401}, 502, "unavailable"),
    ],
)
def test_what_servicetitan_says_is_passed_on(
    api: Api, simulator: ServiceTitan, fault: str, fields: dict[str, Any], status: int, code: str
) -> None:
    simulator.faults.order(fault, "/jobs", times=-1, **fields)
    refused = api.read("/jobs", tenant="socal")
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert "<html>" not in refused.text


def test_what_passes_by_itself_is_not_noticed(api: Api, simulator: ServiceTitan) -> None:
    for fault, fields in (("status", {"status": 500}), ("drop", {}), ("cut", {}), ("expire_tokens", {})):
        simulator.faults.order(fault, "/jobs", **fields)
        assert (fault, api.read("/jobs", tenant="socal").status_code) == (fault, 200)


def test_a_record_without_an_id_is_an_answer_of_servicetitans_that_cannot_be_used(
    api: Api, simulator: ServiceTitan, ada: int
) -> None:
    simulator.world["socal"].book_job(ada, "sales")
    simulator.faults.order("broken_record", "/jobs", how="no_id")
    refused = api.read("/jobs", tenant="socal")
    assert (refused.status_code, refused.json()["code"]) == (502, "unavailable")


def test_a_tenant_may_be_named_or_numbered(api: Api, ada: int) -> None:
    for tenant in ("socal", "SOCAL", SOCAL, str(SOCAL)):
        asked = {"tenant": tenant, "input": {"customer_id": ada}}
        assert api.post("/actions/servicetitan_get_customer", json=asked).json()["id"] == ada
    assert api.read(f"/customers/{ada}", tenant=SOCAL).json()["id"] == ada


def test_deleted_appointments_are_given_when_they_are_asked_for(api: Api, socal: Company, ada: int) -> None:
    job = socal.book_job(ada, "sales")
    deleted = socal.add_appointment(job)
    socal.delete_appointment(deleted)
    active = api.read("/appointments", tenant="socal", job_id=job).json()["items"]
    every = api.read("/appointments", tenant="socal", job_id=job, active="any").json()["items"]
    assert [deleted in [row["id"] for row in rows] for rows in (active, every)] == [False, True]


def test_a_record_with_odd_stamps_and_money_is_typed(api: Api, socal: Company, ada: int) -> None:
    estimate = socal.create_estimate(job_id=socal.book_job(ada, "sales"), subtotal="0.100000", tax="0.2000")
    socal.change("estimates", estimate, soldOn="0001-01-01T00:00:00Z")
    (found,) = api.get("/estimates", params={"tenant": "socal"}).json()["items"]
    assert (found["subtotal"], found["tax"], found["total"], found["sold_on"]) == (0.1, 0.2, 0.3, None)


def test_the_tenant_may_be_left_out_where_there_is_only_one(open_api: Open, world: World) -> None:
    ada = world.companies[SOCAL].add_customer("Ada")
    one = open_api("t", ACTIONS_TOKENS="caller:t:ro:socal")
    assert one.get(f"/customers/{ada}").json()["id"] == ada
