"""What became of the bookings that actions made, as far as jobs and leads name them."""

from datetime import timedelta
from pathlib import Path

from orchestration.cli.unmailed import BOOKINGS, lines
from pipelines.actions.crm.bookings_made import bookings_made
from pipelines.servicetitan.became_of_bookings import became_nothing
from pipelines.settings import Settings
from pipelines.tenants import directory
from tests.actions.conftest import SOCAL, Api
from tests.simulator.world import World
from tests.states.warehouse import Warehouse


def test_a_booking_of_which_no_job_and_no_lead_came_is_counted(
    api: Api, settings: Settings, world: World, tmp_path: Path
) -> None:
    calls = ({"tenant": "socal", "name": "Ada", "summary": summary, "phone": "213-555-2823"} for summary in "abc")
    to_job, to_lead, to_nothing = (api.write("/bookings", call).json()["id"] for call in calls)
    world.advance(days=1)
    made = bookings_made(settings.operations, before=world.now() + timedelta(seconds=1))
    assert made == {SOCAL: {to_job, to_lead, to_nothing}}
    assert bookings_made(settings.operations, before=world.now() - timedelta(days=2)) == {}
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", tmp_path)
    assert became_nothing(warehouse.path, made) == {SOCAL: 3}
    warehouse.load(
        {
            "jobs": [{"tenant_id": SOCAL, "id": 1, "booking_id": to_job}, {"tenant_id": 2, "id": 2, "booking_id": 9}],
            "leads": [{"tenant_id": SOCAL, "id": 3, "booking_id": to_lead}],
        }
    )
    left = became_nothing(warehouse.path, made)
    assert left == {SOCAL: 1}
    found = {(SOCAL, "lead_without_customer"): (2, 1_007)}
    assert [list(line.values()) for line in lines(directory.all(settings), found, left)] == [
        ["socal", "2", "1,007", "leads without a customer: each waits until the office links one"],
        ["socal", "", "1", BOOKINGS],
    ]
