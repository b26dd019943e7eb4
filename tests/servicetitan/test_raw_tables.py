"""The raw tables are a contract: a change of a column shows here, and in review."""

from pathlib import Path

import pytest

from pipelines.servicetitan.load.schema_drift import Drift, find_drift
from pipelines.servicetitan.raw_tables import RAW_TABLES
from pipelines.settings import Settings
from tests.servicetitan.syncs import query, sync
from tests.simulator.office.history import seed_history
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

SNAPSHOT = Path(__file__).parent / "raw_tables.txt"
COLUMNS = """
select table_name, column_name, data_type from information_schema.columns
where table_schema = 'servicetitan' and not table_name like '\\_dlt%' escape '\\' order by table_name, ordinal_position
"""


def test_columns_and_types_are_those_of_the_snapshot(settings: Settings, world: World) -> None:
    """To accept a change: copy what the failing test prints to raw_tables.txt."""
    sync(settings, world)
    lines = [" ".join(column) for column in query(settings, COLUMNS)]
    print("\n".join(lines))
    assert lines == SNAPSHOT.read_text().splitlines()


@pytest.mark.parametrize("version", ["S12", "S03"])
def test_the_older_versions_of_the_api_load_as_well(
    version: str, settings: Settings, world: World, simulator: ServiceTitan
) -> None:
    simulator.switches.schema = version  # type: ignore[assignment]
    seed_history(world, customers=9, years=1)
    result = sync(settings, world)
    assert sum(stream.rejected for stream in result.streams) == 0
    assert result.stored_rows["jobs"] == sum(len(company.records("jobs")) for company in world.companies.values())
    assert query(settings, "select distinct summary_of_work from servicetitan.jobs") == [(None,)]
    assert find_drift(settings.warehouse, result.load_ids) == []


def test_new_fields_and_values_are_told_and_kept(settings: Settings, world: World, socal: Company) -> None:
    ann = socal.add_customer("Ann", type="Municipal", loyaltyTier=3)
    socal.create_estimate(ann, status={"value": 7, "name": "Archived"})
    result = sync(settings, world)
    assert find_drift(settings.warehouse, result.load_ids) == [
        Drift("customers", "loyaltyTier", None, 1),
        Drift("customers", "type", "Municipal", 1),
        Drift("estimates", "status.name", "Archived", 1),
    ]
    assert query(settings, "select record ->> 'loyaltyTier' from servicetitan.customers") == [("3",)]
    assert [str(drift) for drift in find_drift(settings.warehouse, result.load_ids)][1] == (
        "customers: new value 'Municipal' of type, in 1 records"
    )


def test_every_raw_table_has_its_key_among_its_columns() -> None:
    assert [table.name for table in RAW_TABLES if not set(table.key) <= set(table.columns)] == []
