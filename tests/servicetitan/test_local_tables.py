"""What is copied beside the streams, and contacts that are gone."""

from decimal import Decimal
from uuid import UUID

import pytest

from pipelines.operations import open_operations
from pipelines.servicetitan.extract.deleted_contacts import CONTACTS
from pipelines.settings import Settings
from pipelines.tenants import directory
from tests.servicetitan.syncs import query, sync
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

ACTIVE = "select value from servicetitan.customer_contacts where active order by value"


def test_the_tenants_configuration_is_copied_and_follows_changes(settings: Settings, world: World) -> None:
    sync(settings, world)
    tenants = "select * exclude _dlt_load_id from servicetitan.tenants order by tenant_name desc"
    assert query(settings, tenants) == [
        (410387862, "socal", "0a4b1c9e-5d1f-4c59-9f0b-1f6f2c7d8e01", "America/Los_Angeles"),
        (1116148646, "dfw", "7c2d3e4f-8a9b-4c0d-8e1f-2a3b4c5d6e02", "America/Chicago"),
    ]
    moved = directory.find(settings, "dfw").model_copy(update={"workspace_id": UUID(int=1), "timezone": None})
    both = {"socal": directory.find(settings, "socal"), "dfw": moved}
    sync(settings.model_copy(update={"servicetitan_tenants": both}), world)
    assert query(settings, f"from ({tenants}) limit 1 offset 1") == [(1116148646, "dfw", str(UUID(int=1)), None)]


def test_states_set_by_hand_and_links_are_copied_once(settings: Settings, world: World) -> None:
    with open_operations(settings.operations) as operations:
        operations.execute(
            "insert into state_updates values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (410387862, "u1", 1001, "2.5", None, "asked", "ann", "2026-03-02T15:00:00.000000Z", 0),
        )
        operations.execute(
            "insert into contact_links values (?, ?, ?, ?)", (410387862, 1001, "c1", "2026-03-02T15:00:00.000000Z")
        )
    assert sync(settings, world).changed_rows["state_updates"] == 1
    updates = "select * exclude (tenant_id, set_at, _dlt_load_id) from servicetitan.state_updates"
    assert query(settings, updates) == [("u1", 1001, Decimal("2.5"), None, "asked", "ann", False)]
    assert query(settings, "select contact_id from servicetitan.contact_links") == [("c1",)]
    assert not sync(settings, world).changed
    with open_operations(settings.operations) as operations:
        operations.execute("update contact_links set contact_id = 'c2', linked_at = '2026-03-02T16:00:00.000000Z'")
    sync(settings, world)
    assert query(settings, "select contact_id from servicetitan.contact_links") == [("c2",)]


@pytest.fixture
def three_contacts(socal: Company, world: World) -> list[int]:
    customer = socal.add_customer("Ann")
    contacts = [socal.add_contact(customer, "Email", f"{name}@example.com") for name in "abc"]
    world.advance(minutes=20)
    return contacts


def test_a_contact_that_is_deleted_without_a_trace_becomes_inactive_within_a_day(
    settings: Settings, world: World, socal: Company, three_contacts: list[int]
) -> None:
    sync(settings, world)
    socal.delete_contact(three_contacts[1])
    world.advance(hours=23)
    assert not sync(settings, world).changed
    world.advance(hours=1)
    assert sync(settings, world).changed_rows["customer_contacts"] == 1
    assert query(settings, ACTIVE) == [("a@example.com",), ("c@example.com",)]
    world.advance(hours=23)
    assert sync(settings, world).load_ids == ()


def test_the_contacts_are_compared_when_asked(
    settings: Settings, world: World, socal: Company, three_contacts: list[int]
) -> None:
    sync(settings, world)
    socal.delete_contact(three_contacts[0])
    assert sync(settings, world, reconcile=True).changed_rows["customer_contacts"] == 1
    assert query(settings, ACTIVE) == [("b@example.com",), ("c@example.com",)]


def test_a_contact_that_only_slipped_through_the_pages_stays(
    settings: Settings, world: World, simulator: ServiceTitan, three_contacts: list[int]
) -> None:
    sync(settings, world)
    simulator.faults.order("broken_record", "/customers/contacts", tenant=410387862, how="no_id", skip=1)
    sync(settings, world, reconcile=True)
    assert len(query(settings, ACTIVE)) == len(three_contacts)
    asked = [call.query.get("customerIds") for call in simulator.log.of(CONTACTS.path) if call.tenant == 410387862]
    assert len([ids for ids in asked if ids]) == 1


def test_a_contact_that_cannot_be_read_is_there(
    settings: Settings, world: World, simulator: ServiceTitan, three_contacts: list[int]
) -> None:
    sync(settings, world)
    simulator.faults.order("broken_record", "/customers/contacts", how="not_utf8", times=-1)
    sync(settings, world, reconcile=True)
    assert len(query(settings, ACTIVE)) == len(three_contacts)


def test_where_a_contact_shows_no_id_none_is_taken_to_be_gone(
    settings: Settings, world: World, simulator: ServiceTitan, three_contacts: list[int]
) -> None:
    sync(settings, world)
    simulator.faults.order("broken_record", "/customers/contacts", tenant=410387862, how="no_id", skip=1, times=2)
    result = sync(settings, world, reconcile=True)
    assert len(query(settings, ACTIVE)) == len(three_contacts)
    (warning,) = [warning for stream in result.streams for warning in stream.warnings]
    assert "shows no id" in warning


def test_contacts_that_cannot_be_compared_stay_and_a_warning_says_so(
    settings: Settings, world: World, simulator: ServiceTitan, three_contacts: list[int]
) -> None:
    sync(settings, world)
    simulator.faults.order("status", "crm/v2/tenant/410387862/customers/contacts", status=400, times=-1)
    result = sync(settings, world, reconcile=True)
    assert len(query(settings, ACTIVE)) == len(three_contacts)
    (warning,) = [warning for stream in result.streams for warning in stream.warnings]
    assert warning.startswith("the contacts could not be compared: HTTP 400")
