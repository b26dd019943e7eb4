"""Reading by export: nothing is skipped, whatever the pages look like."""

import pytest

from pipelines.servicetitan.api.client import Client
from pipelines.servicetitan.api.errors import NotFound, Unavailable
from tests.servicetitan.readings import read
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

CUSTOMERS = "/export/customers"


@pytest.fixture(autouse=True)
def four_customers(socal: Company, simulator: ServiceTitan) -> None:
    simulator.switches.export_page_size = 2
    for name in ("Ann", "Bob", "Cem", "Dot"):
        socal.add_customer(name)


def test_a_stream_is_read_page_by_page_to_its_end(connection: Client, simulator: ServiceTitan) -> None:
    assert read(connection, "customers").names == ["Ann", "Bob", "Cem", "Dot"]
    assert len(simulator.log.of(CUSTOMERS)) == 2


def test_recent_changes_are_asked_for(connection: Client, simulator: ServiceTitan) -> None:
    read(connection, "customers")
    assert {call.query["includeRecentChanges"] for call in simulator.log.of(CUSTOMERS)} == {"true"}


def test_the_next_reading_brings_what_changed_since(connection: Client, world: World, socal: Company) -> None:
    world.advance(minutes=20)
    first = read(connection, "customers")
    socal.add_customer("Eve")
    assert read(connection, "customers", first.bookmark).names == ["Eve"]


@pytest.mark.parametrize("kind", ["empty_page", "repeat_page"])
def test_a_page_that_brings_nothing_new_does_not_end_the_stream(
    kind: str, connection: Client, simulator: ServiceTitan
) -> None:
    simulator.faults.order(kind, CUSTOMERS, skip=1, times=3)
    assert set(read(connection, "customers").names) == {"Ann", "Bob", "Cem", "Dot"}


def test_a_stream_that_leads_back_to_itself_for_ever_is_given_up(connection: Client, simulator: ServiceTitan) -> None:
    simulator.faults.order("empty_page", CUSTOMERS, skip=1, times=-1)
    with pytest.raises(Unavailable, match="continueFrom is the token that was sent"):
        read(connection, "customers")


def test_a_token_that_is_not_taken_starts_the_stream_anew_and_says_so(connection: Client) -> None:
    reading = read(connection, "customers", {"from": "a token of another tenant"})
    assert reading.names == ["Ann", "Bob", "Cem", "Dot"]
    assert "the stream is read anew" in reading.warnings[0]


def test_a_release_in_the_middle_of_a_reading_starts_it_anew(connection: Client, simulator: ServiceTitan) -> None:
    simulator.faults.order("release", CUSTOMERS, skip=1)
    reading = read(connection, "customers")
    assert set(reading.names) == {"Ann", "Bob", "Cem", "Dot"}
    assert len(reading.warnings) == 1


@pytest.mark.parametrize(("spelling", "path"), [("new", "/export/estimates"), ("old", "/estimates/export")])
def test_both_spellings_of_the_estimates_export_are_read(
    spelling: str, path: str, connection: Client, simulator: ServiceTitan, socal: Company
) -> None:
    simulator.switches.estimates_export = spelling  # type: ignore[assignment]
    socal.create_estimate(socal.add_customer())
    assert read(connection, "estimates").names == ["Good"]
    assert simulator.log.of(path)[-1].status == 200


def test_an_export_that_is_not_there_gives_way_to_the_list(connection: Client, simulator: ServiceTitan) -> None:
    simulator.faults.order("status", CUSTOMERS, status=404, times=-1)
    reading = read(connection, "customers")
    assert reading.names == ["Ann", "Bob", "Cem", "Dot"]
    assert "it is read from the list" in reading.warnings[0]


def test_without_an_export_or_a_list_a_stream_is_left_out_with_a_warning(
    connection: Client, simulator: ServiceTitan
) -> None:
    simulator.faults.order("status", "/export/job-canceled-logs", status=404, times=-1)
    reading = read(connection, "job_canceled_logs")
    assert (reading.records, len(reading.warnings)) == ([], 1)


def test_a_list_that_is_not_there_either_fails_the_stream(connection: Client, simulator: ServiceTitan) -> None:
    simulator.faults.order("status", "customers", status=404, times=-1)
    with pytest.raises(NotFound):
        read(connection, "customers")
