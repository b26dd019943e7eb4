"""The office of the stand-in world: what happens there, what the records say of it, and what really happened."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest

from pipelines.servicetitan.streams import STREAMS
from tests.simulator.caller import calling
from tests.simulator.clock import OffsetClock
from tests.simulator.office.days import STORIES, Office
from tests.simulator.office.facts import WHAT, Fact
from tests.simulator.office.going_on import WORDS, live_stories
from tests.simulator.office.loads import Loads, as_rows, office_at, sent, steps
from tests.simulator.office.rhythm import once_a_day
from tests.simulator.office.trades import OFFICES, REASONS, RENAMED
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.wire import Record, ticks
from tests.simulator.world import START, Company, World
from tests.states.warehouse import Warehouse

MONTHS = START + timedelta(days=240)
INVISIBLE = ("\u200b", "\u202c", "\ufeff", "\u00ad")


@pytest.fixture(scope="module")
def office() -> Office:
    """Two companies of 150 households each, for eight months."""
    return office_at(MONTHS, households=150)


def some(company: Company, table: str, test: Callable[[Record], object]) -> list[Record]:
    return [record for record in company.records(table) if test(record)]


def companies(office: Office) -> list[Company]:
    return list(office.world.companies.values())


def test_everything_happens_and_every_story_is_lived_through(office: Office) -> None:
    for truth in office.truths.values():
        counts = truth.counts()
        assert [what for what in WHAT if not counts[what]] == []
        assert [story.__name__ for story in STORIES if not counts[story.__name__]] == []


def test_every_job_type_and_every_cancel_reason_is_in_use(office: Office) -> None:
    for company in companies(office):
        jobs = company.records("jobs")
        types = {one["id"] for one in company.records("job_types")}
        assert {job["jobTypeId"] for job in jobs} == types
        assert {job["businessUnitId"] for job in jobs} == {one["id"] for one in company.records("business_units")}
    used = {entry["reasonId"] for company in companies(office) for entry in company.records("job_canceled_logs")}
    assert len(used) == len(REASONS) * len(OFFICES)


def test_the_jobs_have_what_the_field_has(office: Office) -> None:
    for company in companies(office):
        installs = set(company.kinds["install"])
        of_projects = Counter(job.get("projectId") for job in company.records("jobs") if job.get("projectId"))
        assert max(of_projects.values()) > 2
        for link in ("recallForId", "warrantyId"):
            linked = some(company, "jobs", lambda job, link=link: job.get(link))  # type: ignore[misc]
            assert linked
            assert all(job["noCharge"] and job["jobTypeId"] in installs for job in linked)
            assert all(company.get("jobs", job[link])["customerId"] == job["customerId"] for job in linked)
        statuses = {job["jobStatus"] for job in company.records("jobs")}
        assert statuses >= {"Scheduled", "Completed", "Canceled"}
        houses = Counter(one["customerId"] for one in company.records("locations"))
        assert max(houses.values()) > 1
        elsewhere = [
            job for job in company.records("jobs") if job["locationId"] != company.location_of(job["customerId"])
        ]
        assert elsewhere


def test_visits_are_moved_deleted_and_entered_afterwards(office: Office) -> None:
    for company in companies(office):
        assert some(company, "appointments", lambda one: ticks(one["start"]) < ticks(one["createdOn"]))
        assert some(company, "appointments", lambda one: not one["active"])
        assert some(company, "appointments", lambda one: one["status"] == "Done")
        technicians = company.records("appointment_assignments")
        assert {one["status"] for one in technicians} >= {"Scheduled", "Done"}
        assert [one for one in technicians if not one["active"]]


def test_a_cancellation_that_was_removed_has_at_times_an_active_entry_still(office: Office) -> None:
    for company in companies(office):
        status = {job["id"]: job["jobStatus"] for job in company.records("jobs")}
        entries = company.records("job_canceled_logs")
        assert [one for one in entries if one["active"] and status[one["jobId"]] != "Canceled"]
        assert [one for one in entries if not one["active"] and status[one["jobId"]] != "Canceled"]


def test_a_visit_that_took_place_stays_done_when_its_job_is_canceled(office: Office) -> None:
    for company in companies(office):
        facts = office.truths[company.tenant_id].facts
        visited = [fact for fact in facts if fact.what == "canceled" and fact.details.get("after_visit")]
        appointments = [one for fact in visited for one in company.appointments_of(fact.job_id or 0)]
        assert {one["status"] for one in appointments} == {"Done"}
        assert [one for one in company.records("appointments") if one["status"] == "Canceled"]


def test_some_job_types_have_other_names_now(office: Office) -> None:
    names = {one["name"] for company in companies(office) for one in company.records("job_types")}
    assert set(RENAMED.values()) <= names
    assert not set(RENAMED) & names


def test_contacts_are_as_people_type_them(office: Office) -> None:
    for company in companies(office):
        contacts = company.records("customer_contacts")
        values = [str(one["value"]) for one in contacts]
        for sign in (";", "<", "(wife", "x22", "999-999-9999", *INVISIBLE):
            assert [value for value in values if sign in value], sign
        assert {one["type"] for one in contacts} == {"Phone", "MobilePhone", "Email", "Fax"}
        assert [one for one in contacts if not one["preferences"]["marketingUpdatesEnabled"]]
        assert some(company, "customers", lambda one: one["doNotMail"])
        assert some(company, "customers", lambda one: one.get("mergedToId"))


def test_the_truth_names_the_address_that_a_reader_would_take(office: Office) -> None:
    for company in companies(office):
        for fact in office.truths[company.tenant_id].facts:
            if fact.what == "came" and fact.details.get("email"):
                contacts = company.children("customer_contacts", "customerId", fact.customer_id or 0)
                typed = " ".join(c["value"] for c in contacts if c["type"] == "Email")
                assert fact.details["email"] in typed or contacts != sorted(contacts, key=lambda one: one["id"])


def last_of(facts: list[Fact], *what: str) -> dict[int, Fact]:
    """job -> the last fact of these."""
    return {fact.job_id: fact for fact in facts if fact.job_id and fact.what in what}


def test_what_really_happened_to_a_job_is_what_its_record_says_but_for_the_forgotten(office: Office) -> None:
    for company in companies(office):
        ends = last_of(office.truths[company.tenant_id].facts, "canceled", "uncanceled", "held", "retyped")
        expected = {"canceled": {"Canceled"}, "held": {"Completed"}}
        for job_id, fact in ends.items():
            status = company.get("jobs", job_id)["jobStatus"]
            open_ones = {"Scheduled", "InProgress", "Hold"}
            told = open_ones if fact.details.get("forgotten") else expected.get(fact.what, open_ones)
            assert status in told or (fact.story == "turned_into_the_install" and status == "Scheduled"), fact


def test_a_converted_lead_has_a_sale_a_service_call_or_a_double(office: Office) -> None:
    for company in companies(office):
        facts = office.truths[company.tenant_id].facts
        asked = {fact.details["lead_id"]: fact.customer_id for fact in facts if fact.what == "asked"}
        converted = [fact for fact in facts if fact.what == "converted"]
        assert {fact.kind for fact in converted} == {"sales", "other"}
        assert [fact for fact in converted if asked[fact.details["lead_id"]] != fact.customer_id]
        assert {company.get("leads", fact.details["lead_id"])["status"] for fact in converted} == {"Converted"}


def test_a_customers_facts_are_those_of_the_doubles_too(office: Office) -> None:
    for company in companies(office):
        truth = office.truths[company.tenant_id]
        merged = next(fact for fact in truth.facts if fact.what == "merged")
        facts = truth.of(merged.details["into"])
        doubles = {fact.customer_id for fact in facts} - {merged.details["into"]}
        assert merged.customer_id in doubles
        assert {company.get("customers", one)["mergedToId"] for one in doubles} == {merged.details["into"]}
        assert [fact.what for fact in facts].count("came") == 1 + len(doubles)


def test_stories_go_on_step_by_step_at_a_demos_pace() -> None:
    told = list(islice(live_stories(World(OFFICES, OffsetClock())), 300))
    assert [words for words in told if not re.match(r"(socal|dfw): .+ \(\d+\) \w+", words)] == []
    assert len({words.partition(") ")[2] for words in told}) > 15
    assert set(WORDS) == set(WHAT) - {"renamed"}


def everything(office: Office) -> list[list[bytes]]:
    return [sent(company, stream) for company in companies(office) for stream in STREAMS]


def test_the_same_seed_makes_the_same_records_and_another_seed_others() -> None:
    moment = START + timedelta(days=60)
    first = everything(office_at(moment, households=12, seed=3))
    assert first == everything(office_at(moment, households=12, seed=3))
    assert first != everything(office_at(moment, households=12, seed=4))


def test_loads_bring_step_by_step_what_there_is_in_the_end(tmp_path: Path) -> None:
    begun = office_at(START, households=12)
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", tmp_path / "dbt")
    sizes = []
    for rows in steps(begun, [START + timedelta(days=days) for days in (30, 60, 61, 90)]):
        warehouse.load(rows)
        sizes.append(sum(table.num_rows for table in rows.values()))
    assert sizes[2] < sizes[1]
    whole = as_rows(Loads(begun.world).take())
    for stream in STREAMS:
        stored = warehouse.rows(f"select tenant_id, record::varchar from servicetitan.{stream.name}")
        there = {(row["tenant_id"], row["record"]) for row in whole.get(stream.name, [])}
        assert there <= set(stored)
        assert stream.name == "customer_contacts" or len(stored) == len(there)  # deleted ones leave no trace


def test_an_office_that_types_once_a_day_keeps_the_minutes_of_what_is_done_in_haste() -> None:
    opens = START.replace(hour=16)
    assert once_a_day(START, timedelta(minutes=1)).date() == START.date()
    assert once_a_day(opens, timedelta(minutes=20)) == opens + timedelta(minutes=20)
    for days in (0.2, 0.9, 1, 3.3):
        due = once_a_day(opens, timedelta(days=days))
        assert opens + timedelta(days=days) <= due < opens + timedelta(days=days + 1, minutes=16)
        assert due.hour == 16
        assert due.minute < 15


def test_contacts_that_are_gone_without_a_trace_are_found_by_comparison() -> None:
    world = World(OFFICES)
    company, loads = world["socal"], Loads(world)
    customer = company.add_customer("Ada Moss", email="ada@example.com", phone="(714) 555-2800")
    assert loads.missing_contacts().num_rows == 0
    phone, _ = company.children("customer_contacts", "customerId", customer)
    company.delete_contact(phone["id"], customer, trace=False)
    [gone] = loads.missing_contacts().to_pylist()
    assert (gone["id"], gone["customer_id"], gone["active"]) == (phone["id"], customer, False)
    assert loads.missing_contacts().num_rows == 0


def test_the_office_goes_on_while_it_is_asked_over_http() -> None:
    simulator = ServiceTitan(World(OFFICES))
    office = Office(simulator.world, households=30)
    with run_server(simulator.app) as simulator.url:
        office.advance(days=30)
        with calling(simulator) as caller:
            before = len(caller.records("jpm/jobs", pageSize=5000))
        office.advance(days=60)
        with calling(simulator) as caller:
            jobs = caller.records("jpm/jobs", pageSize=5000)
            assert len(jobs) > before > 0
            [one, *_] = caller.records("dispatch/appointment-assignments")
            asked = {"technicianId": one["technicianId"], "active": "Any", "pageSize": 5000}
            assert one["appointmentId"] in {there["id"] for there in caller.records("jpm/appointments", **asked)}
            assert one["jobId"] in {there["id"] for there in caller.records("jpm/jobs", **asked)}
            project = next(job["projectId"] for job in jobs if job.get("projectId"))
            assert caller.records("jpm/appointments", projectId=project, active="Any")
