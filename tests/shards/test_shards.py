"""Two shards and three workers on real servers, killed one by one while everybody is at work."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from signal import SIGKILL
from time import sleep

import duckdb
import psycopg
import pytest

from pipelines.analytics.lake.connection import open_lake
from pipelines.analytics.lake.place import place_of
from pipelines.settings import load_settings
from tests.conftest import lend
from tests.flow_builder.workers import Workers, within, workers
from tests.servers.postgres import PostgresServer, postgres
from tests.shards.town import Endpoint, Lives, Shard, Syncs, shard
from tests.simulator.clock import OffsetClock
from tests.simulator.environment import SIGNING_SECRET
from tests.simulator.flow_builder.receiver import Receiver, Reply
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World

CUSTOMERS = 8  # of each shard
ROUNDS = 2
OUTAGE = 600.0  # seconds: leases, retries and probes take their time
TENANTS_OF = "select table_name from information_schema.columns where table_schema = %s and column_name = 'tenant_id'"
STANDING = "select tenant_id, servicetitan_customer_id, current_state from {}.customer_servicetitan_state order by all"


@pytest.fixture
def world() -> World:
    """In real time, so that what happens is fresh."""
    return World(clock=OffsetClock())


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with postgres() as server:
        yield server


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint(Receiver([SIGNING_SECRET]))
    endpoint.start()
    yield endpoint
    endpoint.stop()


@pytest.fixture
def shards(
    simulator: ServiceTitan, server: PostgresServer, endpoint: Endpoint, parsed_project: Path, tmp_path: Path
) -> list[Shard]:
    """East has socal, west has dfw; one database of operations, one lake in a folder."""
    places = {
        "OPERATIONS_URL": server.create("operations"),
        "LAKE_CATALOG_URL": server.create("lake"),
        "LAKE_DATA_URL": str(tmp_path / "lake"),
    }
    both = [
        shard(name, simulator, tenant, tmp_path, endpoint.receiver, **places)
        for name, tenant in (("east", "socal"), ("west", "dfw"))
    ]
    for one in both:
        lend(parsed_project, one.data / "dbt")
    return both


@pytest.mark.prove
@pytest.mark.parametrize("seed", [1])
def test_whoever_is_killed_nothing_is_lost_and_nothing_is_told_twice(
    world: World, shards: list[Shard], server: PostgresServer, endpoint: Endpoint, tmp_path: Path, seed: int
) -> None:
    dice, (east, west) = random.Random(seed), shards
    customers = {one.company.name: [one.company.add_customer(f"Ada {n}") for n in range(CUSTOMERS)] for one in shards}
    for one in shards:
        assert "baseline taken" in one.does("sync")
    syncs = [Syncs(one) for one in shards]
    lives = Lives(world, customers, syncs, dice)
    endpoint.receiver.otherwise = Reply(delay=0.2)
    with workers(tmp_path / "workers") as crew:
        crew.ready(east.env, east.env, west.env)
        for thread in (*syncs, lives):
            thread.start()
        for _ in range(ROUNDS):
            for kill in Victims(crew, syncs, lives, server, endpoint, dice).in_turn():
                wait_for_a_sync_of_each(syncs)
                kill()
        lives.end()
        for each in syncs:
            each.end()
        for one in shards:  # on a machine that is too busy the lake may miss one
            within(partial(comes_through, one), OUTAGE)
        within(lambda: all(unfinished(one) == 0 for one in shards), OUTAGE)
        living = [one for one in crew.all if one.process.poll() is None]
        assert len(living) == 3
        assert [one.ends() for one in living] == [0] * 3
        assert all("Traceback" not in one.said for one in crew.all)
    assert all(each.through and -SIGKILL in each.statuses for each in syncs), "some came through, some did not"
    assert_each_was_told_once_in_order(endpoint.receiver, lives)
    for one in shards:
        assert_its_own_alone(one, endpoint.receiver)
    assert_the_lake_has_both(shards)


def wait_for_a_sync_of_each(syncs: list[Syncs]) -> None:
    """What comes next comes in the middle of another one, or of what it has brought."""
    before = [each.through for each in syncs]
    within(lambda: all(each.through > count for each, count in zip(syncs, before, strict=True)), OUTAGE)


def comes_through(one: Shard) -> bool:
    return one.run("sync").returncode == 0


class Victims:
    """Who is killed; whoever it is comes back, as a supervisor has it."""

    def __init__(
        self,
        crew: Workers,
        syncs: list[Syncs],
        lives: Lives,
        server: PostgresServer,
        endpoint: Endpoint,
        dice: random.Random,
    ) -> None:
        self.crew, self.syncs, self.lives = crew, syncs, lives
        self.server, self.endpoint, self.dice = server, endpoint, dice

    def in_turn(self) -> list[Callable[[], None]]:
        east, west = (partial(self.sync, one) for one in self.syncs)
        return self.dice.sample([self.worker, east, west, self.postgres, self.receiver], 5)

    def sync(self, one: Syncs) -> None:
        sleep(self.dice.uniform(0, one.seconds))
        one.kill()

    def worker(self) -> None:
        """One whose shard has something on its way."""
        seen = len(self.endpoint.receiver.received)
        within(lambda: len(self.endpoint.receiver.received) > seen or not self.lives.is_alive(), OUTAGE)
        victim = self.dice.choice([one for one in self.crew.all if one.process.poll() is None])
        victim.kill()
        self.crew.start(victim.env)

    def postgres(self) -> None:
        sleep(self.dice.uniform(0, min(one.seconds for one in self.syncs)))
        self.server.stop(self.dice.choice(["immediate", "fast"]))
        sleep(self.dice.uniform(0, 3))
        self.server.start()

    def receiver(self) -> None:
        self.endpoint.stop()
        sleep(self.dice.uniform(1, 4))
        self.endpoint.start()


def unfinished(one: Shard) -> int:
    """Of its messages."""
    query = f"select count(*) from shard_{one.name}.deliveries where status not in ('delivered', 'not_sent')"
    with psycopg.connect(one.env["OPERATIONS_URL"]) as con:
        [(count,)] = con.execute(query.encode()).fetchall()
    return int(count)


def assert_each_was_told_once_in_order(receiver: Receiver, lives: Lives) -> None:
    """Attempts that were cut off may have been seen more than once, under one id and with the same bytes."""
    told, bytes_of = defaultdict[tuple[int, int], list[float]](list), defaultdict[str | None, set[bytes]](set)
    for one in receiver.received:
        assert one.verified
        bytes_of[one.id].add(one.raw)
    assert Counter(map(len, bytes_of.values())) == {1: len(bytes_of)}
    for one in receiver.delivered():
        assert one.body["type"] == "servicetitan.customer_state.changed"
        data = one.body["data"]
        told[data["tenant_id"], data["customer_id"]].append(data["to_state"])
    assert dict(told) == lives.led
    assert len(receiver.delivered()) == sum(map(len, lives.led.values()))


def assert_its_own_alone(one: Shard, receiver: Receiver) -> None:
    tenant, schema = one.company.tenant_id, f"shard_{one.name}"
    with psycopg.connect(one.env["OPERATIONS_URL"]) as con:
        tables = [name for (name,) in con.execute(TENANTS_OF, [schema]).fetchall()]
        assert "deliveries" in tables
        for name in tables:
            found = con.execute(f"select distinct tenant_id from {schema}.{name}".encode()).fetchall()
            assert {*found} <= {(tenant,), (0,)}, name
        query = f"select webhook_id from {schema}.deliveries where status = 'delivered'"
        delivered = {webhook_id for (webhook_id,) in con.execute(query.encode()).fetchall()}
    assert delivered == {seen.id for seen in receiver.delivered() if seen.body["data"]["tenant_id"] == tenant}


def assert_the_lake_has_both(shards: list[Shard]) -> None:
    copies = list[tuple[object, ...]]()
    for one in shards:
        with duckdb.connect(one.data / "analytics.duckdb", read_only=True) as copy:
            copies += copy.execute(STANDING.format("marts")).fetchall()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in shards[0].env.items():
            patch.setenv(name, value)
        place = place_of(load_settings(None))
    assert place
    with open_lake(place, shards[0].data / "spill", read_only=True) as lake:
        assert lake.execute(STANDING.format("marts")).fetchall() == sorted(copies)
    assert {state for *_, state in copies} == {6}
