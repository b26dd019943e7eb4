"""What the verbs of business do to the records, as ServiceTitan does it."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice

import orjson
import pytest

from tests.simulator.clock import OffsetClock
from tests.simulator.ledger import Refused, Unknown
from tests.simulator.office.history import ENDINGS, live, seed_history
from tests.simulator.wire import dumps, stamp, ticks
from tests.simulator.world import START, Company, Profile, World


@pytest.fixture
def socal(world: World) -> Company:
    return world["socal"]


@pytest.fixture(scope="module")
def seeded() -> World:
    world = World()
    seed_history(world, customers=80, years=3)
    return world


def later(world: World) -> str:
    world.advance(minutes=1)
    return stamp(world.now())


def test_there_are_socal_and_dfw_unless_told_otherwise(world: World) -> None:
    assert {company.name: company.tenant_id for company in world.companies.values()} == {
        "socal": 410387862,
        "dfw": 1116148646,
    }
    many = World([Profile(number, f"tenant{number}", 10**8 * number, ()) for number in range(1, 6)])
    assert many["tenant5"].tenant_id == 5


def test_ids_do_not_fit_32_bits_everywhere(world: World) -> None:
    assert 10**8 < world["socal"].add_customer() < 2**31 < world["dfw"].add_customer() < 10**12


def test_a_cancellation_is_a_status_an_entry_in_the_log_and_canceled_appointments(socal: Company) -> None:
    job = socal.book_job(socal.add_customer())
    entry = socal.get("job_canceled_logs", socal.cancel_job(job, memo="Ill"))
    assert socal.get("jobs", job)["jobStatus"] == "Canceled"
    assert (entry["jobId"], entry["memo"], entry["active"]) == (job, "Ill", True)
    assert [appointment["status"] for appointment in socal.appointments_of(job)] == ["Canceled"]


def test_a_cancellation_that_is_removed_leaves_its_entry_inactive(socal: Company) -> None:
    job = socal.book_job(socal.add_customer())
    first = socal.cancel_job(job)
    socal.remove_cancellation(job)
    second = socal.cancel_job(job)
    assert [socal.get("job_canceled_logs", entry)["active"] for entry in (first, second)] == [False, True]


def test_a_canceled_job_may_still_carry_completed_on(socal: Company) -> None:
    job = socal.book_job(socal.add_customer())
    socal.complete_job(job)
    socal.cancel_job(job)
    record = socal.get("jobs", job)
    assert (record["jobStatus"], record["completedOn"]) == ("Canceled", stamp(START))


def test_moving_an_appointment_does_not_touch_the_job(socal: Company, world: World) -> None:
    job = socal.book_job(socal.add_customer())
    appointment = socal.appointments_of(job)[0]["id"]
    now = later(world)
    socal.reschedule(appointment, world.now() + timedelta(days=3))
    assert socal.get("appointments", appointment)["modifiedOn"] == now
    assert socal.get("jobs", job)["modifiedOn"] == stamp(START)


def test_an_appointment_is_deleted_but_not_the_only_one(socal: Company) -> None:
    job = socal.book_job(socal.add_customer())
    first = socal.appointments_of(job)[0]["id"]
    with pytest.raises(Refused):
        socal.delete_appointment(first)
    second = socal.add_appointment(job)
    socal.delete_appointment(first)
    record = socal.get("jobs", job)
    assert (record["appointmentCount"], record["firstAppointmentId"]) == (1, second)
    assert socal.get("appointments", first)["active"] is False


def test_changes_of_children_do_not_bump_the_customer_but_balances_do(socal: Company, world: World) -> None:
    ada = socal.add_customer(phone="7145552823")
    now = later(world)
    socal.add_contact(ada, "Email", "ada@example.com")
    socal.book_job(ada)
    assert socal.get("customers", ada)["modifiedOn"] == stamp(START)
    socal.update_customer(ada, balance=5)
    assert socal.get("customers", ada)["modifiedOn"] == now


def test_a_merged_customer_is_inactive_and_names_its_survivor(socal: Company) -> None:
    loser, survivor = socal.add_customer(phone="7145552823"), socal.add_customer()
    job = socal.book_job(loser)
    socal.merge_customers(loser, survivor)
    record = socal.get("customers", loser)
    assert (record["active"], record["mergedToId"]) == (False, survivor)
    assert socal.get("jobs", job)["customerId"] == loser


def test_after_a_merge_the_id_of_a_contact_repeats_under_the_survivor(socal: Company) -> None:
    loser, survivor = socal.add_customer(phone="7145552823"), socal.add_customer()
    socal.merge_customers(loser, survivor)
    contacts = [(contact["customerId"], contact["id"]) for contact in socal.records("customer_contacts")]
    assert {customer for customer, _ in contacts} == {loser, survivor}
    assert len({contact for _, contact in contacts}) == 1


def test_an_estimate_is_open_sold_open_again_and_dismissed(socal: Company) -> None:
    estimate = socal.create_estimate(socal.add_customer())
    statuses = []
    for verb in (socal.sell, socal.unsell, socal.dismiss_estimate):
        verb(estimate)
        record = socal.get("estimates", estimate)
        statuses.append((record["status"]["name"], record.get("soldOn")))
    assert statuses == [("Sold", stamp(START)), ("Open", None), ("Dismissed", None)]


def test_a_lead_is_converted_by_a_job_and_the_job_does_not_name_it(socal: Company) -> None:
    ada = socal.add_customer()
    lead = socal.add_lead(ada)
    job = socal.book_job(ada, lead_id=lead)
    assert socal.get("leads", lead)["status"] == "Converted"
    assert not [field for field in socal.get("jobs", job) if field.lower() == "leadid"]
    with pytest.raises(Refused):
        socal.dismiss_lead(lead)


def test_a_job_changes_its_type_and_unit_after_booking(socal: Company) -> None:
    job = socal.book_job(socal.add_customer(), "sales")
    socal.change_job_type(job, "install")
    record = socal.get("jobs", job)
    assert socal.get("job_types", record["jobTypeId"])["name"] == "Window Install"
    assert socal.get("business_units", record["businessUnitId"])["name"] == "SOCAL Install"


def test_what_is_done_at_another_moment_is_stamped_with_it(socal: Company, world: World) -> None:
    with world.at(datetime(2024, 5, 1, tzinfo=UTC)):
        lead = socal.add_lead()
    assert socal.get("leads", lead)["createdOn"] == "2024-05-01T00:00:00Z"


def test_a_record_that_is_not_there_is_unknown(socal: Company) -> None:
    with pytest.raises(Unknown, match="jobs has no record 1"):
        socal.cancel_job(1)


@pytest.mark.parametrize(
    ("moment", "digit", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), 0, "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 120000, tzinfo=UTC), 0, "2026-01-02T03:04:05.12Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 120000, tzinfo=UTC), 7, "2026-01-02T03:04:05.1200007Z"),
    ],
)
def test_stamps_have_as_many_digits_as_they_need(moment: datetime, digit: int, text: str) -> None:
    assert stamp(moment, digit) == text


def test_stamps_are_compared_to_the_seventh_digit() -> None:
    assert ticks("2026-01-02T03:04:05.1234568Z") - ticks("2026-01-02T03:04:05.1234567Z") == 1
    assert ticks("2026-01-02T05:04:05+02:00") == ticks("2026-01-02T03:04:05Z")


def test_decimals_keep_their_trailing_zeros(socal: Company) -> None:
    estimate = socal.create_estimate(socal.add_customer(), subtotal="12500.500000")
    assert b'"subtotal":12500.500000' in dumps(socal.get("estimates", estimate))


def test_a_running_clock_gives_seven_digits_nine_times_of_ten() -> None:
    company = World(clock=OffsetClock())["socal"]
    stamps = [company.get("leads", company.add_lead())["modifiedOn"] for _ in range(100)]
    digits = Counter(len(re.sub(r".*\.|Z", "", text)) for text in stamps)
    assert digits[7] == 90
    assert max(digits) == 7


def test_nulls_are_null_or_absent(seeded: World) -> None:
    customers = seeded["socal"].records("customers")
    assert {("mergedToId" in c, c.get("mergedToId") is None) for c in customers} >= {(True, True), (False, True)}


def test_history_has_every_fact_that_a_consumer_must_cope_with(seeded: World) -> None:
    company = seeded["socal"]
    seen = {
        "canceled jobs": any(j["jobStatus"] == "Canceled" for j in company.records("jobs")),
        "canceled yet completed": any(
            j["jobStatus"] == "Canceled" and j.get("completedOn") for j in company.records("jobs")
        ),
        "removed cancellations": any(not entry["active"] for entry in company.records("job_canceled_logs")),
        "deleted appointments": any(not a["active"] for a in company.records("appointments")),
        "merged customers": any(c.get("mergedToId") for c in company.records("customers")),
        "leads without a customer": any(lead.get("customerId") is None for lead in company.records("leads")),
        "dismissed leads": any(lead["status"] == "Dismissed" for lead in company.records("leads")),
        "sentinel dates": any(c["createdOn"].startswith("0001") for c in company.records("customer_contacts")),
        "unsold estimates": any(c["newStatus"] == "Open" for c in company.records("estimate_status_changes")),
        "inactive contacts": any(not c["active"] for c in company.records("customer_contacts")),
    }
    assert [name for name, there in seen.items() if not there] == []


def test_history_ends_now_and_begins_years_ago(seeded: World) -> None:
    stamps = [ticks(record["createdOn"]) for record in seeded["dfw"].records("customers")]
    day = 24 * 3600 * 10_000_000
    now = ticks(stamp(START))
    assert max(stamps) < now
    assert now - min(stamps) > 2 * 365 * day


def test_history_is_the_same_for_the_same_seed() -> None:
    worlds = [World(), World()]
    for world in worlds:
        seed_history(world, customers=10, seed=7)
    first, second = (orjson.dumps([dumps(r).decode() for r in world["dfw"].records("jobs")]) for world in worlds)
    assert first == second


def test_the_first_customers_end_in_every_stage_of_a_sale() -> None:
    journeys = seed_history(World(), customers=9)
    stages = [ending[-1] if ending else "customer" for ending in ENDINGS]
    assert [journey.stage for journey in journeys] == stages * 2


def test_life_goes_on_step_by_step_and_new_customers_come() -> None:
    world = World()
    before = len(world["socal"].records("customers")) + len(world["dfw"].records("customers"))
    told = list(islice(live(world), 60))
    assert all(re.match(r"(socal|dfw): .+ \(\d+\) \w+", words) for words in told)
    assert {"buys", "gets an estimate", "is installed"} <= {words.partition(") ")[2] for words in told}
    assert len(world["socal"].records("customers")) + len(world["dfw"].records("customers")) > before
