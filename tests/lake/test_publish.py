"""What a shard publishes into the lake, on a real PostgreSQL."""

from threading import Barrier, Thread

import pytest

from tests.lake.conftest import NewWorld
from tests.lake.world import World

TABLES = "select table_name from duckdb_tables() where database_name = 'lake' and schema_name = 'shard_a'"
PUBLICATION = "select shard, derivation_id, is_full from main.publication order by shard"


def test_what_changed_is_published_and_the_lake_is_the_copy(new_world: NewWorld) -> None:
    world = new_world()
    world.publish_copy()
    assert world.publish().is_full
    for change in (world.tick, world.deliver, world.tick):
        change()
        published = world.publish()
        assert not published.is_full
        assert 0 < sum(published.rows.values()) < 80
    assert world.differences() == {}
    assert world.with_lake(lambda con: con.execute(PUBLICATION).fetchall()) == [("a", "2", False)]
    found = {name for (name,) in world.with_lake(lambda con: con.execute(TABLES).fetchall())}
    assert "transition_details" not in found, "it has contact data"
    assert {"deliveries", "leads", "publication"} <= found
    assert world.publish().rows == {}, "it has it already"


def test_what_was_missed_or_has_other_columns_is_published_whole(new_world: NewWorld) -> None:
    world = new_world()
    world.publish_copy()
    world.publish()
    world.tick()
    world.tick()
    assert world.publish().is_full, "one was missed"
    world.tick(whole=True)
    assert world.publish().is_full, "a column came"
    world.with_lake(lambda con: con.execute("alter table shard_a.leads drop column words"))
    world.tick()
    assert world.publish().is_full, "a column of the lake's went"
    assert world.differences() == {}


def rows(world: World, table: str) -> list[tuple[object, ...]]:
    query = f"select tenant_id, count(*) from {table} group by all order by all"
    return world.with_lake(lambda con: con.execute(query).fetchall())


def test_the_views_are_over_all_shards_and_see_columns_that_come(new_world: NewWorld) -> None:
    one, other = new_world("a"), new_world("b")
    for world in (one, other):
        world.publish_copy()
        world.publish()
    state = "marts.customer_servicetitan_state"
    assert rows(one, state) == [(one.tenant, 30), (other.tenant, 30)]
    other.tick(whole=True)
    assert other.publish().views == 0
    columns = one.with_lake(lambda con: [name for name, *_ in con.execute("describe marts.sales").fetchall()])
    assert columns[-1] == "column_1"
    other.with_lake(lambda con: con.execute("drop schema shard_b cascade"))
    one.tick()
    assert one.publish().views > 5
    assert rows(one, state) == [(one.tenant, 30)]


@pytest.mark.prove
def test_shards_that_appear_at_once_are_all_in_the_views(new_world: NewWorld) -> None:
    worlds, ready = [new_world(shard) for shard in "ab"], Barrier(2)
    for world in worlds:
        world.publish_copy()
    worlds[0].with_lake(lambda _: None)  # the catalog is made

    def publish(world: World) -> None:
        ready.wait()
        world.publish()

    threads = [Thread(target=publish, args=(world,)) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(worlds[0], "marts.customer_servicetitan_state") == [(world.tenant, 30) for world in worlds]
    assert [world.differences() for world in worlds] == [{}, {}]
