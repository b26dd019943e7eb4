"""What is set aside is told until it is read."""

from datetime import timedelta

from pipelines.servicetitan.extract.rejects import RejectedRecord
from pipelines.servicetitan.set_aside import by_place, named
from pipelines.settings import Settings
from tests.servicetitan.syncs import query, sync
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World


def test_a_record_is_told_until_it_is_read(
    settings: Settings, world: World, socal: Company, simulator: ServiceTitan
) -> None:
    ann = socal.add_customer("Ann")
    sync(settings, world)
    assert by_place(settings, world.now()) == {}
    world.advance(minutes=20)
    socal.update_customer(ann, name="Anna")
    simulator.faults.order("broken_record", "/export/customers", tenant=socal.tenant_id, how="nan")
    sync(settings, world)
    world.advance(minutes=20)
    sync(settings, world)
    (record,) = by_place(settings, world.now())["socal customers"]
    assert (record.id, record.reason) == (str(ann), "the record is no JSON: invalid character (byte 7)")
    socal.update_customer(ann, name="Annabel")
    sync(settings, world)
    assert by_place(settings, world.now()) == {}
    assert len(query(settings, "from servicetitan.rejected_records")) == 1


def test_one_that_shows_no_id_is_told_for_a_month(
    settings: Settings, world: World, socal: Company, simulator: ServiceTitan
) -> None:
    socal.add_customer("Ann")
    simulator.faults.order("broken_record", "/export/customers", tenant=socal.tenant_id, how="no_id")
    sync(settings, world)
    assert [one.id for one in by_place(settings, world.now())["socal customers"]] == [None]
    assert by_place(settings, world.now() + timedelta(days=31)) == {}


def test_without_a_warehouse_nothing_is_set_aside(settings: Settings, world: World) -> None:
    assert by_place(settings, world.now()) == {}


def test_the_first_ten_are_named() -> None:
    records = [RejectedRecord("odd", b'{"id":%d}' % number, readable=True) for number in range(12)]
    assert named(records[:2]) == "0 (odd), 1 (odd)"
    assert named(records).endswith("9 (odd) and 2 more")
    assert named([RejectedRecord("odd", b"{}", readable=True)]) == "one without an id (odd)"
