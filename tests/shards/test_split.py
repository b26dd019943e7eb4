"""A shard that has become too large: some of its tenants move into one of their own, and nobody is told twice."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.assets.checks import outbox_checks
from orchestration.assets.specs import OUTBOX
from orchestration.cli.main import main
from pipelines.flow_builder.enqueue import Enqueued
from pipelines.flow_builder.failpoints import VARIABLE
from pipelines.flow_builder.outbox.queries import outbox_health
from pipelines.operations import PostgresUrl
from pipelines.operations.copy import TABLES
from pipelines.servicetitan.load.sync_log import read_bookmarks
from pipelines.shards import COPIED, MOVED, STAYS, SplitError, split
from pipelines.warehouse import open_warehouse
from tests.conftest import lend
from tests.flow_builder.line import Line, settings_for
from tests.flow_builder.marts import DFW, NOW, SOCAL
from tests.simulator.clock import OffsetClock
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.world import World

Run = Callable[..., str]
STATES = "select tenant_id, servicetitan_customer_id, current_state from marts.customer_servicetitan_state order by all"


@pytest.fixture
def world() -> World:
    """In real time, so that what happens is fresh."""
    return World(clock=OffsetClock())


class Shard:
    """``tenants``: those of its environment."""

    def __init__(self, name: str, data_dir: Path, env: dict[str, str], tenants: set[str]) -> None:
        own = {f"SERVICETITAN_TENANTS__{one.upper()}__" for one in tenants}
        self.warehouse = data_dir / "warehouse.duckdb"
        self.env = {"SHARD": name, "DATA_DIR": str(data_dir), "DAGSTER_HOME": str(data_dir / "dagster")}
        for variable, value in env.items():
            if not variable.startswith("SERVICETITAN_TENANTS") or any(map(variable.startswith, own)):
                self.env.setdefault(variable, value)

    def run(self, *arguments: str, status: int = 0) -> str:
        result = CliRunner(env=self.env).invoke(main, arguments)
        assert result.exit_code == status, result.output
        return result.output

    def is_killed_at(self, point: str, *arguments: str) -> None:
        env = {**os.environ, **self.env, VARIABLE: f"{point}:SIGKILL:1"}
        command: list[str | Path] = [Path(sys.executable).with_name("servicetitan-flow"), *arguments]
        assert subprocess.run(command, env=env, capture_output=True, timeout=120, check=False).returncode == -9

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with open_warehouse(self.warehouse, read_only=True) as con:
            return con.execute(query).fetchall()


@pytest.mark.prove
def test_a_tenant_moves_with_all_that_is_known_of_it_and_nobody_is_told_twice(
    world: World,
    env: dict[str, str],
    receiver: Receiver,
    postgres_store: PostgresUrl,
    tmp_path: Path,
    parsed_project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in env:
        monkeypatch.delenv(variable, raising=False)
    shared = {**env, "OPERATIONS_URL": postgres_store.text}
    east = Shard("east", tmp_path / "data", shared, {"socal", "dfw"})
    customers = {name: [world[name].add_customer(f"Ada {n}") for n in range(3)] for name in ("socal", "dfw")}
    east.run("sync")
    for name, them in customers.items():
        world[name].book_job(them[0], "sales")
    east.run("sync")
    east.run("deliver")
    for name, them in customers.items():
        world[name].book_job(them[1], "sales")
    east.run("tenants", "pause", "dfw", "--reason", "the office asks")
    east.run("sync")
    before = east.ask(STATES)
    assert sorted(one[:2] for one in told_to(receiver)) == [(SOCAL, 2.0), (DFW, 2.0)]

    away = tmp_path / "west"
    lend(parsed_project, away / "dbt")
    move = ("shards", "split", "west", "dfw", "--data-dir", str(away))
    for point in ("split.warehouse_made", "split.outbox_moved", "split.warehouse_placed"):
        east.is_killed_at(point, *move)
        east.run("sync", status=0 if point == "split.warehouse_made" else 3)
        east.run("deliver")
    east.run(*move)
    east.run(*move)  # once more it changes nothing
    east.run(*move[:-1], str(tmp_path / "elsewhere"), status=1)  # the tenants are not here to be copied any more
    assert not (tmp_path / "elsewhere" / "warehouse.duckdb").exists()
    west = Shard("west", away, shared, {"dfw"})
    assert sorted([*east.ask(STATES), *west.ask(STATES)]) == before
    assert [tenant for (tenant,) in west.ask("select tenant_id from servicetitan.tenants")] == [DFW]
    assert {owner for each in read_bookmarks(west.warehouse).bookmarks.values() for owner in each} == {str(DFW)}
    assert {owner for each in read_bookmarks(east.warehouse).bookmarks.values() for owner in each} == {str(SOCAL)}

    said = east.run("sync", status=3)  # dfw is in its environment still: it is read anew, and not told
    assert f"tenant {DFW} is told by shard_west" in said
    assert "west" in east.run("shards", "list")
    east = Shard("east", tmp_path / "data", shared, {"socal"})
    east.run("sync")
    east.run(*move[:3], str(DFW), *move[4:])
    assert [tenant for (tenant,) in east.ask("select tenant_id from servicetitan.tenants")] == [SOCAL]
    to_dfw = [one for one in told_to(receiver) if one[0] == DFW]
    for shard in (east, west):
        shard.run("sync")
        shard.run("deliver")
    assert [one for one in told_to(receiver) if one[0] == DFW] == to_dfw, "it is paused there, too"
    west.run("tenants", "resume", "dfw", "--reason", "it has moved")
    for name, them in customers.items():
        world[name].book_job(them[2], "sales")
    for shard in (east, west, east, west):
        shard.run("sync")
        shard.run("deliver")
    after = told_to(receiver)
    assert max(Counter(after).values()) == 1
    for tenant_id in (SOCAL, DFW):
        assert sorted(state for one, state, _ in after if one == tenant_id) == [2.0, 2.0, 2.0]


def told_to(receiver: Receiver) -> list[tuple[int, float, str]]:
    """Tenant, state and id, in the order in which they came."""
    bodies = [(one.body["data"], str(one.id)) for one in receiver.received]
    return [(data["tenant_id"], data["to_state"], webhook_id) for data, webhook_id in bodies]


def test_a_tenant_that_another_shard_tells_is_not_told_and_that_is_said(
    tmp_path: Path, postgres_store: PostgresUrl
) -> None:
    east, west = (Line(tmp_path / name, operations_url=postgres_store.text, shard=name) for name in ("east", "west"))
    for line in (east, west):
        line.sync()
        line.marts.enters(2.0)
    assert east.sync() == Enqueued(sent=1)
    assert west.sync() == Enqueued(elsewhere={SOCAL: "shard_east"})
    assert west.sync() == Enqueued(elsewhere={SOCAL: "shard_east"})
    assert west.rows() == []
    [*_, told] = outbox_checks(
        OUTBOX, outbox_health(west.settings.operations, west.now), 0, {SOCAL: "shard_east"}, west.settings
    )
    assert (told.passed, told.metadata[f"tenant {SOCAL}"].value) == (False, "in shard_east")


def test_every_table_of_the_outbox_moves_or_stays() -> None:
    assert {*MOVED} | STAYS == {*TABLES}
    assert not {*MOVED} & STAYS
    assert {*COPIED} <= {*TABLES}


@pytest.mark.parametrize(
    ("name", "tenants", "wrong"),
    [
        ("West", [DFW], "found 'West'; expected a new name"),
        ("east", [DFW], "found 'east'; expected a new name"),
        ("west", [1], "tenant 1 is not told by .*, schema shard_east; expected"),
    ],
)
def test_what_cannot_be_split_stays_as_it_is(
    tmp_path: Path, postgres_store: PostgresUrl, name: str, tenants: list[int], wrong: str
) -> None:
    settings = settings_for(tmp_path / "data", operations_url=postgres_store.text, shard="east")
    with pytest.raises(SplitError, match=wrong):
        split(settings, name, tmp_path / "new", tenants, datetime.now(UTC))
    assert not (tmp_path / "new").exists()


def test_without_a_database_that_shards_share_none_is_split(tmp_path: Path) -> None:
    with pytest.raises(SplitError, match="OPERATIONS_URL is not set"):
        split(settings_for(tmp_path), "west", tmp_path / "new", [SOCAL], NOW)
