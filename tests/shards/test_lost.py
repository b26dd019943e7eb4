"""A shard's folder is lost, and its back-up is an older one: its schema in PostgreSQL has stayed."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from orchestration.cli.main import main
from pipelines.settings import Settings
from tests.servers.postgres import PostgresServer
from tests.simulator.clock import OffsetClock
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.world import World

Run = Callable[..., str]


@pytest.fixture
def world() -> World:
    """In real time, so that what happens is fresh."""
    return World(clock=OffsetClock())


@pytest.fixture
def env(env: dict[str, str], postgres_server: PostgresServer, tmp_path: Path) -> Iterator[dict[str, str]]:
    url = postgres_server.create("lost")
    yield env | {"OPERATIONS_URL": url, "SHARD": "east", "DAGSTER_HOME": str(tmp_path / "dagster")}
    postgres_server.drop("lost")


@pytest.fixture
def run(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    def invoke(*arguments: str) -> str:
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        return result.output

    return invoke


def held(run: Run) -> list[str]:
    return [one["webhook_id"] for one in orjson.loads(run("deliveries", "--status", "held", "--json"))]


def told(receiver: Receiver) -> list[int]:
    return [one.body["data"]["customer_id"] for one in receiver.received]


@pytest.mark.prove
def test_what_happened_between_back_up_and_loss_is_held_until_a_person_releases_it_and_told_once(
    world: World, settings: Settings, receiver: Receiver, run: Run, tmp_path: Path
) -> None:
    socal = world["socal"]
    before, sent, waits, unseen, after = (socal.add_customer(f"Ada {n}") for n in range(5))
    run("sync")
    socal.book_job(before, "sales")
    run("sync")
    run("deliver")
    assert "The warehouse alone" in run("backup", str(tmp_path / "backup"))

    socal.book_job(sent, "sales")
    run("sync")
    run("deliver")
    socal.add_lead(waits)
    run("sync")
    socal.add_lead(unseen)
    assert told(receiver) == [before, sent]
    shutil.rmtree(settings.data_dir)

    said = run("restore", str(tmp_path / "backup"))
    assert "1 deliveries and 0 leads wait for a person" in said
    synced = run("sync")
    assert "1 held" in synced, synced
    run("deliver")
    assert told(receiver) == [before, sent]
    run("release", *held(run), "--reason", "Flow Builder has none of them")
    run("sync")
    run("deliver")
    assert sorted(told(receiver)) == sorted([before, sent, waits, unseen])

    socal.add_lead(after)
    run("sync")
    run("deliver")
    assert told(receiver)[-1] == after
    assert len({one.id for one in receiver.received}) == len(receiver.received) == 5
    assert held(run) == []
