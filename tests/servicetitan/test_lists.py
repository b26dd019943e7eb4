"""Reading by list: nothing is skipped, though the pages move while they are read."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from pipelines.servicetitan.api.client import Client
from pipelines.servicetitan.api.errors import Unavailable
from pipelines.servicetitan.extract.lists import read_list
from pipelines.servicetitan.pages import Page
from pipelines.servicetitan.streams import STREAM
from tests.servicetitan.readings import fetching, gathered, read, read_small_pages
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

CUSTOMERS, CONTACTS = "/tenant/410387862/customers", "/customers/contacts"
NAMES = ["Ann", "Bob", "Cem", "Dot", "Eve"]


def add_customers(world: World, *names: str, apart: float = 60) -> list[int]:
    """One after the other, so many seconds apart."""
    ids = []
    for name in names:
        ids.append(world["socal"].add_customer(name))
        world.advance(seconds=apart)
    return ids


def test_pages_follow_the_newest_stamp_of_the_last_one(
    connection: Client, world: World, simulator: ServiceTitan
) -> None:
    add_customers(world, *NAMES)
    assert set(read_small_pages(connection, "customers").names) == set(NAMES)
    assert {call.query["page"] for call in simulator.log.of(CUSTOMERS)} == {"1"}
    assert {call.query["active"] for call in simulator.log.of(CUSTOMERS)} == {"Any"}
    assert {call.query["sort"] for call in simulator.log.of(CUSTOMERS)} == {"+ModifiedOn"}


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_records_of_one_stamp_are_all_read_however_many_a_page_holds(
    size: int, connection: Client, world: World
) -> None:
    add_customers(world, "Ann", "Bob", "Cem", apart=0)
    world.advance(minutes=1)
    add_customers(world, "Dot", "Eve", apart=0)
    assert set(read_small_pages(connection, "customers", size=size).names) == set(NAMES)


def test_a_record_that_moves_while_the_pages_are_read_makes_none_be_skipped(
    connection: Client, world: World, socal: Company
) -> None:
    ids = add_customers(world, *NAMES)
    pages = read_list(fetching(connection, "customers"), STREAM["customers"], {}, 2)
    first = next(pages)
    socal.update_customer(ids[0], name="Ann Smith")
    names = gathered([first, *pages], {}).names
    assert set(names) == {*NAMES, "Ann Smith"}


def test_a_record_that_leaves_its_stamp_while_that_is_read_by_number_makes_none_be_skipped(
    connection: Client, world: World, socal: Company
) -> None:
    ids = add_customers(world, *NAMES, apart=0)
    world.advance(minutes=1)
    pages = read_list(fetching(connection, "customers"), STREAM["customers"], {}, 2)
    first = [next(pages), next(pages)]
    socal.update_customer(ids[0], name="Ann Smith")
    assert set(gathered([*first, *pages], {}).names) == {*NAMES, "Ann Smith"}


def test_the_next_reading_starts_five_minutes_before_the_newest_stamp(
    connection: Client, world: World, simulator: ServiceTitan
) -> None:
    add_customers(world, "Ann", "Bob", apart=600)
    first = read(connection, "customers", mode="list")
    add_customers(world, "Cem")
    assert read(connection, "customers", first.bookmark, "list").names == ["Bob", "Cem"]
    assert simulator.log.of(CUSTOMERS)[-1].query["modifiedOnOrAfter"] == "2026-03-02T15:05:00Z"


def test_stamps_of_seven_digits_are_not_skipped_for_being_cut(connection: Client, world: World) -> None:
    world.clock.set(datetime(2026, 3, 2, 15, 0, 0, 123456, UTC))
    add_customers(world, *NAMES, apart=0)
    assert set(read_small_pages(connection, "customers").names) == set(NAMES)


def test_inactive_records_are_read(connection: Client, world: World, socal: Company) -> None:
    (customer,) = add_customers(world, "Ann")
    socal.deactivate_customer(customer)
    assert [record["active"] for record in read(connection, "customers", mode="list").records] == [False]


def test_a_list_that_does_not_heed_sort_is_read_by_number(
    connection: Client, world: World, simulator: ServiceTitan
) -> None:
    add_customers(world, *NAMES)
    simulator.faults.order("shuffle", CUSTOMERS, times=1, seed=1)
    reading = read_small_pages(connection, "customers", size=3)
    assert set(reading.names) == set(NAMES)
    assert "not sorted" in reading.warnings[0]


def test_contacts_are_asked_for_from_the_beginning_of_time(
    connection: Client, socal: Company, simulator: ServiceTitan
) -> None:
    socal.add_contact(socal.add_customer(), "Email", "ann@example.com", modifiedOn="0001-01-01T00:00:00Z")
    assert len(read(connection, "customer_contacts", mode="list").records) == 1
    assert simulator.log.of(CONTACTS)[0].query["modifiedOnOrAfter"] == "0001-01-01T00:00:00Z"


def test_an_unsorted_list_is_read_again_until_two_passes_agree(
    connection: Client, socal: Company, simulator: ServiceTitan
) -> None:
    customer = socal.add_customer()
    contacts = [socal.add_contact(customer, "Email", f"{name}@example.com") for name in "abcde"]
    pages = read_list(fetching(connection, "customer_contacts"), STREAM["customer_contacts"], {}, 2)
    first = next(pages)
    socal.delete_contact(contacts[4])  # the newest: all others move up, and one slips through the first pass
    reading = gathered([first, *pages], {})
    assert {record["value"] for record in reading.records} == {f"{name}@example.com" for name in "abcde"}
    assert len(simulator.log.of(CONTACTS)) == 2 + 2 + 2


def test_what_comes_in_while_an_unsorted_list_is_read_costs_no_further_pass(
    connection: Client, world: World, socal: Company, simulator: ServiceTitan
) -> None:
    customer = socal.add_customer()
    for name in "abc":
        socal.add_contact(customer, "Email", f"{name}@example.com")
    pages = read_list(fetching(connection, "customer_contacts"), STREAM["customer_contacts"], {}, 2)
    first = next(pages)
    world.advance(minutes=1)
    socal.add_contact(customer, "Email", "d@example.com")
    reading = gathered([first, *pages], {})
    assert {record["value"] for record in reading.records} == {f"{name}@example.com" for name in "abcd"}
    assert len(simulator.log.of(CONTACTS)) == 2 + 2


def test_a_list_that_changes_faster_than_it_can_be_read_is_given_up(connection: Client, socal: Company) -> None:
    customer = socal.add_customer()
    socal.add_contact(customer, "Email", "ann@example.com")
    socal.add_contact(customer, "Email", "bob@example.com")
    socal.add_contact(customer, "Email", "cem@example.com")

    def pages_while_it_changes() -> Iterator[Page]:
        for page in read_list(fetching(connection, "customer_contacts"), STREAM["customer_contacts"], {}, 2):
            if page.records:
                socal.add_contact(customer, "Email", "old@example.com", modifiedOn="2020-01-01T00:00:00Z")
            yield page

    with pytest.raises(Unavailable, match="10 passes"):
        gathered(pages_while_it_changes(), {})


def test_job_types_are_read_whole_each_time(connection: Client, simulator: ServiceTitan) -> None:
    first = read(connection, "job_types")
    assert len(first.records) == 7
    assert len(read(connection, "job_types", first.bookmark).records) == 7
    assert [call.query.get("sort") for call in simulator.log.of("/job-types")] == [None, None]


def test_the_canceled_logs_come_from_their_export_in_list_mode_too(connection: Client, simulator: ServiceTitan) -> None:
    read(connection, "job_canceled_logs", mode="list")
    assert len(simulator.log.of("/export/job-canceled-logs")) == 1


def test_no_parameter_is_sent_that_the_endpoint_does_not_know(connection: Client, simulator: ServiceTitan) -> None:
    simulator.switches.strict = True
    for stream in STREAM:
        read(connection, stream, mode="list")
        read(connection, stream, mode="export")
    since = {"since": "2026-03-02T15:00:00.0000000Z"}
    for stream in STREAM:
        read(connection, stream, since, mode="list")
    assert [call.path for call in simulator.log.calls if call.unknown] == []


def test_the_overlap_does_not_reach_below_the_first_day(connection: Client, socal: Company) -> None:
    socal.add_customer("Ann")
    assert read(connection, "customers", {"since": "0001-01-01T00:00:00.0000000Z"}, "list").names == ["Ann"]
