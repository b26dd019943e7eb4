"""Dagster's records in a real PostgreSQL: what is stored, what goes, and the programs that share it."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import dagster as dg
import psycopg
import pytest
from click.testing import CliRunner
from filelock import FileLock

from orchestration.cli.main import main
from orchestration.cli.processes import LAST_WORDS, PATIENCE, Command, Process, command, running
from orchestration.instance.prune import keep_small
from orchestration.instance.record_files import room_taken
from orchestration.postgres_storage import EventLog, Storage
from tests.conftest import lend
from tests.servers.postgres import PostgresServer
from tests.simulator.world import World
from tests.test_up import free_port

DAGSTER_YAML = Path(__file__).parents[1] / "orchestration" / "deploy" / "shards" / "dagster.yaml"
BOUND = 240.0  # seconds for each thing that is waited for
EVERY_MINUTE = {"SYNC_CRON": "* * * * *", "CHANGE_SENSOR_SECONDS": "0"}


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[str]:
    name = f"dag_{uuid4().hex[:8]}"
    yield postgres_server.create(name)
    postgres_server.drop(name)


@pytest.fixture
def home(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As the page says: the file copied, the address in the environment."""
    home = tmp_path / "dagster"
    home.mkdir()
    shutil.copy(DAGSTER_YAML, home / "dagster.yaml")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", database)
    return home


def test_a_sync_stores_what_is_of_use_and_hours_later_little_is_left(
    home: Path, env: dict[str, str], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**env, "SHARD": "a7"}.items():
        monkeypatch.setenv(name, value)
    world["socal"].add_customer("Ada Lovelace")
    for _ in range(2):
        done = CliRunner().invoke(main, ["sync"])
        assert done.exit_code == 0, done.output
    assert "rows read" in done.output
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        idle, first = (run.run_id for run in instance.get_runs(dg.RunsFilter(job_name="sync_a7")))
        events = stored(instance, first)
        assert events["ASSET_MATERIALIZATION"] > 50
        assert not {"ASSET_CHECK_EVALUATION_PLANNED", "STEP_OUTPUT", "ASSET_MATERIALIZATION_PLANNED"} & {*events}
        assert instance.get_latest_materialization_event(dg.AssetKey(["a7", "analytics"]))
        before = rows(os.environ["DAGSTER_POSTGRES_URL"])
        assert keep_small(instance, datetime.now(UTC) + timedelta(hours=7), 30, shard="b2") == 0
        assert rows(os.environ["DAGSTER_POSTGRES_URL"]) == before
        keep_small(instance, datetime.now(UTC) + timedelta(hours=7), 30, shard="a7")
        assert {run.run_id for run in instance.get_runs()} == {idle, first}, "what each asset last came to"
        assert stored(instance, first)["STEP_SUCCESS"] == 0
        assert rows(os.environ["DAGSTER_POSTGRES_URL"]) < before
        (home / "event_log.db").write_bytes(b"of before")
        assert room_taken(instance) == 0
    assert not list(home.rglob("runs.db"))


def stored(instance: dg.DagsterInstance, run_id: str) -> Counter[str]:
    return Counter(str(one.dagster_event_type and one.dagster_event_type.name) for one in instance.all_logs(run_id))


def rows(database: str) -> int:
    with psycopg.connect(database) as con:
        found = con.execute("select count(*) from event_logs").fetchone()
    assert found
    return int(found[0])


def test_an_address_is_taken_as_postgresqls_own_programs_take_it(database: str) -> None:
    storage = Storage.from_config_value(None, {"postgres_url": database.replace("postgresql:", "postgres:", 1)})
    assert not list(storage.run_storage.get_runs())


def test_code_server_and_up_exclude_each_other(
    env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**env, "DAGSTER_HOME": str(tmp_path / "home")}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "home").mkdir()
    with FileLock(tmp_path / "home" / "up.lock"):
        for program in ("up", "code-server"):
            refused = CliRunner().invoke(main, [program, "--port", free_port()])
            assert refused.exit_code == 1
            assert "servicetitan-flow is up already" in refused.output


@pytest.mark.prove
def test_up_runs_with_it(home: Path, env: dict[str, str], tmp_path: Path, world: World) -> None:
    world["socal"].add_customer("Ada Lovelace")
    argv = command("servicetitan-flow", "up", "--port", free_port(), "--actions-port", free_port())
    with program("up", argv, env | EVERY_MINUTE, tmp_path), dg.DagsterInstance.from_config(str(home)) as instance:
        wait_for(partial(has_said, "up", "daemon: ready", tmp_path))
        wait_for(lambda: spans(instance, "sync"))


@pytest.mark.prove
def test_one_dagster_runs_two_shards_side_by_side(
    home: Path, env: dict[str, str], tmp_path: Path, world: World, parsed_project: Path
) -> None:
    """Told to end, the code server of one does, and the other's syncs go on."""
    world["socal"].add_customer("Ada Lovelace")
    ports = {"a7": free_port(), "b2": free_port()}
    workspace = ("-w", str(naming(ports, home / "workspace.yaml")))
    with ExitStack() as stack:
        servers = {}
        for shard, port in ports.items():
            data = tmp_path / shard
            lend(parsed_project, data / "dbt")
            own = {"SHARD": shard, "DATA_DIR": str(data), "DAGSTER_HOME": str(data / "dagster")}
            argv = command("servicetitan-flow", "code-server", "--port", port)
            servers[shard] = stack.enter_context(program(shard, argv, env | EVERY_MINUTE | own, tmp_path))
        for shard, port in ports.items():
            ready = f"code server: ready, 127.0.0.1:{port}, location servicetitan-flow_{shard}"
            wait_for(partial(has_said, shard, ready, tmp_path))
        for name, argv in {
            "daemon": command("dagster-daemon", "run", *workspace),
            "webserver": command("dagster-webserver", *workspace, "-p", free_port()),
        }.items():
            stack.enter_context(program(name, argv, {}, tmp_path))
        instance = stack.enter_context(dg.DagsterInstance.from_config(str(home)))
        wait_for(lambda: side_by_side(spans(instance, "sync_a7"), spans(instance, "sync_b2")))
        servers["a7"].terminate()
        assert servers["a7"].wait(PATIENCE + 2 * LAST_WORDS) == 0
        known = len(spans(instance, "sync_b2"))
        wait_for(lambda: len(spans(instance, "sync_b2")) > known)


def naming(ports: Mapping[str, str], path: Path) -> Path:
    lines = [
        f"  - grpc_server: {{host: 127.0.0.1, port: {port}, location_name: servicetitan-flow_{shard}}}"
        for shard, port in ports.items()
    ]
    path.write_text("\n".join(["load_from:", *lines, ""]))
    return path


@contextmanager
def program(name: str, argv: Command, variables: Mapping[str, str], folder: Path) -> Iterator[Process]:
    with (
        (folder / f"{name}.said").open("wb") as output,
        running({name: argv}, os.environ | variables, output, PATIENCE + 2 * LAST_WORDS) as started,
    ):
        yield started[name]


def has_said(name: str, words: str, folder: Path) -> bool:
    return words in (folder / f"{name}.said").read_text()


def spans(instance: dg.DagsterInstance, job: str) -> list[tuple[float, float]]:
    """From when to when each ran that has succeeded."""
    found = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS]))
    return [(one.start_time, one.end_time) for one in found if one.start_time and one.end_time]


def side_by_side(some: list[tuple[float, float]], others: list[tuple[float, float]]) -> bool:
    return any(begin < other_end and other_begin < end for begin, end in some for other_begin, other_end in others)


def wait_for(comes: Callable[[], object]) -> None:
    deadline = time.monotonic() + BOUND
    while not comes():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.5)
