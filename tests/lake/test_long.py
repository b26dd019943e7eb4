"""What takes long: hundreds of publications, and every kind of end in the middle of one."""

import json
import random
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import duckdb
import pytest

from pipelines.analytics.lake.connection import holding, open_lake
from pipelines.analytics.lake.maintain import maintain
from pipelines.analytics.lake.place import Place, Store
from pipelines.analytics.lake.run import CHILD
from pipelines.clock import now
from tests.lake.conftest import NewWorld, place_in
from tests.lake.world import World
from tests.servers.between import between
from tests.servers.postgres import PostgresServer, postgres
from tests.servers.seaweedfs import KEY_ID, SeaweedServer, seaweedfs

pytestmark = pytest.mark.prove
TICKS = 500
ROUNDS = 6
CUSTOMERS = 30
SHARDS = "abcd"
STANDING = "select tenant_id, count(*) from marts.customer_servicetitan_state group by all order by all"


def test_after_500_ticks_the_lake_is_the_copy(new_world: NewWorld) -> None:
    world, dice = new_world(customers=CUSTOMERS), random.Random(7)
    world.publish_copy()
    world.publish()
    whole = 0
    for tick in range(TICKS):
        world.tick(dice.randrange(5), whole=dice.random() < 0.01) if dice.random() < 0.8 else world.deliver()
        if dice.random() < 0.95:
            whole += world.publish().is_full
        if tick % 100 == 50:
            world.publish()
            assert world.differences() == {}
        if tick % 200 == 150:
            world.with_lake(lambda con: maintain(con, now()))
    world.publish()
    assert world.differences() == {}
    assert 0 < whole < TICKS / 8


class Running:
    """A process that publishes a world."""

    def __init__(self, world: World, seconds: float = 120) -> None:
        asked = {"task": "publish", "place": asdict(world.place), "seconds": seconds}
        asked |= {"spill": str(world.folder / "child"), "analytics": str(world.analytics)}
        self.process = subprocess.Popen(
            CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdin
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def answer(self) -> dict[str, Any]:
        said, _ = self.process.communicate(timeout=200)
        found: dict[str, Any] = json.loads(said.splitlines()[0])
        return found


@pytest.fixture
def postgres_of_its_own() -> Iterator[PostgresServer]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="module")
def store_of_its_own() -> Iterator[SeaweedServer]:
    with seaweedfs() as server:
        yield server


def in_store(server: SeaweedServer, bucket: str, catalog: str, shard: str, port: int | None = None) -> Place:
    """``port``: of what stands between."""
    endpoint = f"http://127.0.0.1:{port}" if port else server.endpoint
    place = place_in(catalog, f"s3://{bucket}/lake/", shard)
    return replace(place, store=Store(endpoint, KEY_ID, server.secret, "us-east-1"))


class Beside(Thread):
    """What goes on meanwhile, again and again, until it is told to end; what it raises is kept."""

    def __init__(self, work: Any, pause: float) -> None:
        super().__init__(daemon=True)
        self.work, self.pause, self.over, self.times = work, pause, Event(), 0
        self.wrong: list[str] = []

    def run(self) -> None:
        while not self.over.wait(self.pause):
            try:
                self.work()
                self.times += 1
            except duckdb.Error as error:
                self.wrong.append(str(error))

    def end(self) -> None:
        self.over.set()
        self.join(120)


def test_shards_that_publish_at_once_and_are_killed_leave_whole_publications_beside_readers_and_maintenance(
    catalog: str, store_of_its_own: SeaweedServer, tmp_path: Path
) -> None:
    store_of_its_own.create("shards")
    places = [in_store(store_of_its_own, "shards", catalog, shard) for shard in SHARDS]
    worlds = [World(tmp_path / place.schema, place, CUSTOMERS, seed) for seed, place in enumerate(places, 1)]
    seen: set[tuple[int, int]] = set()

    def read() -> None:
        with open_lake(places[0], tmp_path / "reader", read_only=True) as con:
            for _ in range(5):
                seen.update(con.execute(STANDING).fetchall())

    def keep() -> None:
        with open_lake(places[0], tmp_path / "maintenance") as con, holding(con, places[0], alone=True):
            maintain(con, now())

    for world in worlds:
        world.publish_copy()
    first = [Running(world) for world in worlds]
    assert all("done" in one.answer() for one in first), "all appear at once"
    beside = [Beside(read, 0.5), Beside(keep, 3.0)]
    for other in beside:
        other.start()
    dice = random.Random(3)
    for _ in range(ROUNDS):
        for world in worlds:
            world.tick(dice.randrange(1, 6))
        running = [Running(world) for world in worlds]
        time.sleep(dice.uniform(0.3, 2.5))
        for one in dice.sample(running, 2):
            one.kill()
        for one in running:
            if one.process.returncode is None:
                assert "done" in one.answer()
    for other in beside:
        other.end()
    for world in worlds:
        assert "done" in Running(world).answer()
        assert world.differences() == {}
        world.close()
    assert seen == {(world.tenant, CUSTOMERS) for world in worlds}, "nobody saw half a publication"
    assert beside[0].wrong == []
    assert beside[1].wrong == []
    assert min(one.times for one in beside) > 0


@pytest.mark.parametrize("after", [0, 1, 3, 5])
def test_a_store_that_is_unavailable_in_the_middle_costs_one_publication(
    catalog: str, store_of_its_own: SeaweedServer, tmp_path: Path, after: int
) -> None:
    bucket = f"unavailable{after}"
    store_of_its_own.create(bucket)
    with between(store_of_its_own.ports["s3.port"]) as gate:
        world = World(tmp_path / "a", in_store(store_of_its_own, bucket, catalog, "a", gate.port), 200)
        world.publish_copy()
        gate.be_later("unavailable", after)
        said = Running(world).answer()
        assert "503" in said["error"], said
        assert store_of_its_own.secret not in str(said)
        gate.be("well")
        assert Running(world).answer()["done"]["is_full"]
        world.tick()
        assert not Running(world).answer()["done"]["is_full"]
        assert world.differences() == {}
        world.close()


@pytest.mark.parametrize("after", [0, 20_000, 40_000])
def test_a_catalog_that_is_gone_or_silent_costs_one_publication_and_bounded_time(
    postgres_of_its_own: PostgresServer, tmp_path: Path, after: int
) -> None:
    with between(postgres_of_its_own.port) as gate:
        direct = place_in(postgres_of_its_own.create("lake"), f"{tmp_path / 'lake'}/", "a")
        place = replace(direct, catalog={**direct.catalog, "port": str(gate.port), "sslmode": "disable"})
        world = World(tmp_path / "a", place, 20)
        world.publish_copy()
        assert Running(world).answer()["done"]["is_full"]
        for how in ("gone", "silent"):
            world.tick()
            gate.be_within(how, after)
            said = Running(world, seconds=20).answer()
            assert "error" in said or after == 40_000, "that may come after its commit"
            assert place.password not in str(said)
            gate.be("well")
        world.tick()
        assert "done" in Running(world).answer()
        assert world.differences() == {}
        world.close()


def test_a_postgresql_that_crashes_in_the_middle_costs_one_publication(
    postgres_of_its_own: PostgresServer, tmp_path: Path
) -> None:
    place = place_in(postgres_of_its_own.create("lake"), f"{tmp_path / 'lake'}/", "a")
    world, dice = World(tmp_path / "a", place, 100), random.Random(5)
    world.publish_copy()
    assert "done" in Running(world).answer()
    for _ in range(ROUNDS):
        world.tick(40)
        running = Running(world)
        time.sleep(dice.uniform(0.2, 2))
        postgres_of_its_own.stop("immediate")
        said = running.answer()
        assert place.password not in str(said)
        postgres_of_its_own.start()
    assert "done" in Running(world).answer()
    assert world.differences() == {}
    world.close()
