"""The stand-in ServiceTitan's export endpoints: tokens, delay, repeats, and what they carry."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.caller import Caller, calling
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World


@pytest.fixture
def caller(simulator: ServiceTitan) -> Iterator[Caller]:
    simulator.switches.token_seconds = 24 * 3600
    with calling(simulator) as caller:
        yield caller


@pytest.fixture
def socal(world: World) -> Company:
    return world["socal"]


def page(caller: Caller, path: str = "crm/export/leads", since: str = "", recent: bool = True) -> dict[str, Any]:
    params = {"from": since, "includeRecentChanges": str(recent).lower()}
    return dict(caller.get(path, **params).raise_for_status().json())


def ids(page: dict[str, Any]) -> list[int]:
    return [record["id"] for record in page["data"]]


def test_pages_follow_each_other_by_token(caller: Caller, socal: Company, simulator: ServiceTitan) -> None:
    simulator.switches.export_page_size = 2
    leads = [socal.add_lead() for _ in range(3)]
    first = page(caller)
    second = page(caller, since=first["continueFrom"])
    assert (ids(first), first["hasMore"]) == (leads[:2], True)
    assert (ids(second), second["hasMore"]) == (leads[2:], False)


def test_the_final_token_stays_and_later_brings_what_is_new(caller: Caller, socal: Company, world: World) -> None:
    socal.add_lead()
    final = page(caller)
    again = page(caller, since=final["continueFrom"])
    assert (again["data"], again["hasMore"], again["continueFrom"]) == ([], False, final["continueFrom"])
    world.advance(minutes=16)
    new = socal.add_lead()
    assert new in ids(page(caller, since=final["continueFrom"]))


def test_an_empty_export_has_a_token_too(caller: Caller) -> None:
    assert page(caller)["continueFrom"]


def test_a_change_shows_after_15_minutes_unless_recent_changes_are_asked_for(
    caller: Caller, socal: Company, world: World
) -> None:
    lead = socal.add_lead()
    world.advance(minutes=14, seconds=59)
    assert ids(page(caller, recent=False)) == []
    assert ids(page(caller, recent=True)) == [lead]
    world.advance(seconds=1)
    assert ids(page(caller, recent=False)) == [lead]


def test_the_list_shows_at_once_what_the_export_holds_back(caller: Caller, socal: Company) -> None:
    lead = socal.add_lead()
    assert [record["id"] for record in caller.records("crm/leads")] == [lead]


def test_recent_changes_are_delivered_again_beside_new_ones(caller: Caller, socal: Company, world: World) -> None:
    first = socal.add_lead()
    token = page(caller)["continueFrom"]
    world.advance(minutes=5)
    second = socal.add_lead()
    repeated = page(caller, since=token)
    assert ids(repeated) == [first, second]
    world.advance(minutes=15)
    third = socal.add_lead()
    assert third in ids(page(caller, since=repeated["continueFrom"]))


def test_no_change_is_lost_to_repeats_however_small_the_pages(
    caller: Caller, socal: Company, world: World, simulator: ServiceTitan
) -> None:
    simulator.switches.export_page_size = 2
    token, seen = "", set()
    for _ in range(20):
        socal.add_lead()
        socal.add_lead()
        world.advance(minutes=4)
        for one in caller.export("crm/export/leads", includeRecentChanges="true", since=token):
            token = one["continueFrom"]
            seen |= set(ids(one))
    assert seen == {record["id"] for record in socal.records("leads")}


def test_without_repeats_every_change_comes_once(caller: Caller, socal: Company, simulator: ServiceTitan) -> None:
    simulator.switches.repeats = False
    first = socal.add_lead()
    token = page(caller)["continueFrom"]
    second = socal.add_lead()
    assert first != second
    assert ids(page(caller, since=token)) == [second]


@pytest.mark.parametrize("bound", ["2026-03-02T15:00:00Z", "2026-03-02", "2026-03-02T15:00:00.0000000Z"])
def test_from_takes_a_date_inclusively(caller: Caller, socal: Company, world: World, bound: str) -> None:
    world.advance(days=-1)
    socal.add_lead()
    world.advance(days=1)
    lead = socal.add_lead()
    assert ids(page(caller, since=bound)) == [lead]


@pytest.mark.parametrize("spoilt", ["garbage", "2026-03-02T15:00:00 02:00", "AAAA"])
def test_a_token_that_is_none_is_refused(caller: Caller, spoilt: str) -> None:
    refused = caller.get("crm/export/leads", **{"from": spoilt})
    assert refused.status_code == 400
    assert refused.json()["errors"].keys() == {"from"}


def test_a_token_belongs_to_one_endpoint_and_tenant(caller: Caller, simulator: ServiceTitan) -> None:
    token = page(caller)["continueFrom"]
    assert caller.get("jpm/export/jobs", **{"from": token}).status_code == 400
    with calling(simulator, "dfw") as dfw:
        assert dfw.get("crm/export/leads", **{"from": token}).status_code == 400


def test_a_release_makes_tokens_invalid(caller: Caller, simulator: ServiceTitan) -> None:
    token = page(caller)["continueFrom"]
    simulator.release += 1
    assert caller.get("crm/export/leads", **{"from": token}).status_code == 400


def test_exports_carry_inactive_records_and_say_so(caller: Caller, socal: Company) -> None:
    customer, job = socal.add_household(), socal.book_job(socal.add_household())
    socal.deactivate_customer(customer)
    socal.delete_appointment(socal.add_appointment(job))
    assert {record["active"] for record in page(caller, "crm/export/customers")["data"]} == {True, False}
    assert {record["active"] for record in page(caller, "jpm/export/appointments")["data"]} == {True, False}
    for path in ("crm/export/leads", "jpm/export/jobs", "crm/export/customers/contacts"):
        assert all("active" in record for record in page(caller, path)["data"])


def test_a_removed_cancellation_shows_as_an_inactive_entry_of_the_log(caller: Caller, socal: Company) -> None:
    job = socal.book_job(socal.add_customer())
    entry = socal.cancel_job(job)
    socal.remove_cancellation(job)
    (record,) = page(caller, "jpm/export/job-canceled-logs")["data"]
    assert (record["id"], record["active"]) == (entry, False)
    assert "modifiedOn" not in record


def test_a_deleted_contact_leaves_no_trace_unless_told(caller: Caller, socal: Company) -> None:
    customer = socal.add_customer()
    gone, kept = (socal.add_contact(customer, "Email", f"{name}@example.com") for name in ("gone", "kept"))
    socal.delete_contact(gone)
    socal.delete_contact(kept, trace=True)
    contacts = page(caller, "crm/export/customers/contacts")["data"]
    assert [(contact["id"], contact["active"]) for contact in contacts] == [(kept, False)]


def test_a_record_that_changes_during_a_pass_comes_twice(
    caller: Caller, socal: Company, simulator: ServiceTitan
) -> None:
    simulator.switches.export_page_size = 1
    first, second = socal.add_lead(), socal.add_lead()
    one = page(caller)
    socal.dismiss_lead(first)
    rest = list(caller.export("crm/export/leads", includeRecentChanges="true", since=one["continueFrom"]))
    assert [ids(one), *map(ids, rest)] == [[first], [second], [first]]


def test_estimates_are_exported_under_two_spellings_or_one(
    caller: Caller, socal: Company, simulator: ServiceTitan
) -> None:
    estimate = socal.create_estimate(socal.add_customer())
    for path in ("sales/export/estimates", "sales/estimates/export"):
        assert ids(page(caller, path)) == [estimate]
    simulator.switches.estimates_export = "old"
    assert caller.get("sales/export/estimates").status_code == 404
    assert caller.get("sales/estimates/export").status_code == 200


@pytest.mark.parametrize(
    ("schema", "path", "missing", "there"),
    [
        ("S12", "crm/export/customers", "creditLimit", "balance"),
        ("S12", "jpm/export/appointments", "active", "status"),
        ("S12", "jpm/export/jobs", "estimateIds", "active"),
        ("S03", "jpm/export/jobs", "equipmentIds", "estimateIds"),
    ],
)
def test_older_schemas_lack_the_newer_fields(
    caller: Caller, socal: Company, simulator: ServiceTitan, schema: Any, path: str, missing: str, there: str
) -> None:
    for _ in range(5):
        socal.book_job(socal.add_customer())
    now = page(caller, path)["data"]
    simulator.switches.schema = schema
    then = page(caller, path)["data"]
    assert any(missing in record for record in now)
    assert not any(missing in record for record in then)
    assert all(there in record for record in then)


def test_the_export_of_assignments_shows_active_ones_unless_it_is_asked_for_all(caller: Caller, socal: Company) -> None:
    [appointment] = socal.appointments_of(socal.book_job(socal.add_customer()))
    first = socal.assign_technician(appointment["id"])
    second = socal.assign_technician(appointment["id"])
    socal.unassign_technician(first)
    path = "dispatch/export/appointment-assignments"
    assert ids(page(caller, path)) == [second]
    everyone = caller.get(path, includeRecentChanges="true", active="Any").json()
    assert sorted(ids(everyone)) == [first, second]
