"""Every stream of every tenant arrives in the raw tables."""

import duckdb

from pipelines.servicetitan.load import load
from pipelines.settings import Settings
from tests.simulator.world import World


def query(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()


def test_a_customer_of_each_tenant_arrives(settings: Settings, world: World) -> None:
    world["socal"].add_customer("Ann Smith", email="ann@example.com")
    world["dfw"].add_customer("Bob Jones")
    result = load(settings, clock=world.now)
    assert [sync.error for sync in result.streams if sync.error] == []
    assert query(settings, "select tenant_id, name from servicetitan.customers order by name") == [
        (410387862, "Ann Smith"),
        (1116148646, "Bob Jones"),
    ]
