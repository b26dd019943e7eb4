"""How far each tenant was read, as what is sent and what the gate answers hang on it."""

from datetime import datetime

from pipelines.readings import Reading
from pipelines.servicetitan.sync_status import keep_readings, readings
from pipelines.settings import Settings
from tests.servicetitan.syncs import SHORT, attempt
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import DFW, SOCAL, World


def read(settings: Settings, world: World, **options: object) -> datetime:
    """One sync; when it began."""
    result = attempt(settings, world, retry=SHORT, **options)
    keep_readings(settings.operations, result.began_at, result.streams)
    world.advance(minutes=5)
    return result.began_at


def test_before_the_first_sync_nothing_was_read(settings: Settings) -> None:
    assert readings(settings.operations) == {}


def test_a_tenant_is_read_whole_as_of_the_beginning_of_a_sync(settings: Settings, world: World) -> None:
    read(settings, world)
    began = read(settings, world)
    assert readings(settings.operations) == dict.fromkeys([SOCAL.tenant_id, DFW.tenant_id], Reading(began, began))


def test_a_sync_of_one_tenant_says_nothing_of_another(settings: Settings, world: World) -> None:
    first = read(settings, world)
    second = read(settings, world, tenants=["dfw"])
    assert readings(settings.operations) == {
        SOCAL.tenant_id: Reading(first, first),
        DFW.tenant_id: Reading(second, second),
    }


def test_a_sync_that_misses_a_stream_has_asked_and_not_read_whole(
    settings: Settings, world: World, simulator: ServiceTitan
) -> None:
    whole = read(settings, world)
    for path in ("/export/job-canceled-logs", "/export/estimates"):
        simulator.faults.order(tenant=SOCAL.tenant_id, path=path, kind="status", status=400, times=-1)
        asked = read(settings, world)
        assert readings(settings.operations)[SOCAL.tenant_id] == Reading(asked, whole)
        simulator.faults.clear()
    simulator.faults.order(tenant=SOCAL.tenant_id, path="/export/business-units", kind="status", status=400, times=-1)
    asked = read(settings, world)
    assert readings(settings.operations)[SOCAL.tenant_id] == Reading(asked, asked), "no mail comes of a unit's name"


def test_a_tenant_that_rests_is_not_asked(settings: Settings, world: World, simulator: ServiceTitan) -> None:
    whole = read(settings, world)
    simulator.faults.order(tenant=SOCAL.tenant_id, kind="status", status=503, times=-1)
    in_vain = attempt(settings, world, retry=SHORT, scheduled=True)
    keep_readings(settings.operations, in_vain.began_at, in_vain.streams)
    assert readings(settings.operations)[SOCAL.tenant_id] == Reading(in_vain.began_at, whole)
    world.advance(seconds=30)
    resting = read(settings, world, scheduled=True)
    assert readings(settings.operations) == {
        SOCAL.tenant_id: Reading(in_vain.began_at, whole),
        DFW.tenant_id: Reading(resting, resting),
    }
