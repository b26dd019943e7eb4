"""The stand-in world for every test that needs one: real HTTP on 127.0.0.1, real files below ``tmp_path``."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from filelock import FileLock

from orchestration.cli.processes import heed_signals
from pipelines.derivation.dbt import manifest_path
from pipelines.operations import PostgresUrl, open_operations
from pipelines.settings import Settings, load_settings
from tests.servers.postgres import PostgresServer, postgres
from tests.servers.seaweedfs import SeaweedServer, seaweedfs
from tests.simulator.environment import SIGNING_SECRET, environment
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World
from tests.stores import new_store

heed_signals()


def pytest_collection_finish() -> None:
    """As `orchestration.instance.frozen` does: to look through what stays takes a twelfth of the CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


@pytest.fixture
def world() -> World:
    """SOCAL and DFW without customers, under a clock that stands at `tests.simulator.world.START` until it is moved."""
    return World()


@pytest.fixture
def simulator(world: World) -> Iterator[ServiceTitan]:
    """ServiceTitan for that world; it answers at ``simulator.url``."""
    simulator = ServiceTitan(world)
    with run_server(simulator.app) as url:
        simulator.url = url
        yield simulator


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Flow Builder; it answers at ``receiver.url``. Signed times must fit ``receiver.clock``, by default real."""
    receiver = Receiver([SIGNING_SECRET])
    with run_server(receiver.app) as url:
        receiver.url = url
        yield receiver


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that the workers have in common, for what they do once."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One per worker, for databases of its tests; who stops a server starts another one."""
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """A database with the store's tables, to be copied."""
    url = PostgresUrl(postgres_server.create("template"))
    with open_operations(url):
        return "template"


@pytest.fixture
def postgres_store(postgres_server: PostgresServer, postgres_template: str) -> Iterator[PostgresUrl]:
    """An empty store of the test's own."""
    name = f"store_{uuid4().hex}"
    yield PostgresUrl(postgres_server.create(name, postgres_template))
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def seaweed_server() -> Iterator[SeaweedServer]:
    """One per worker, for buckets of its tests; who stops a server starts another one."""
    with seaweedfs() as server:
        yield server


@pytest.fixture(scope="session")
def parsed_project(shared: Path) -> Path:
    """dbt's folder with the project parsed, to be copied: it takes 8 s of a core."""
    work_dir = shared / "dbt"
    with FileLock(shared / "dbt.lock"):
        manifest_path(work_dir / "warehouse.duckdb", work_dir)
    return work_dir


def lend(parsed_project: Path, work_dir: Path) -> None:
    """What the product keeps of the parsed project, by link: it replaces these files, and writes into none."""
    (work_dir / "target").mkdir(parents=True)
    for path in (parsed_project / "target").glob("manifest-*"):
        os.link(path, work_dir / "target" / path.name)


@pytest.fixture
def env(simulator: ServiceTitan, receiver: Receiver, tmp_path: Path, parsed_project: Path) -> dict[str, str]:
    """The environment that a command of the product needs for these two; its data goes below ``tmp_path``."""
    lend(parsed_project, tmp_path / "data" / "dbt")
    new_store(tmp_path / "data" / "operations.sqlite")
    return environment(simulator, simulator.url, tmp_path / "data", f"{receiver.url}/trigger")


OURS = ("SERVICETITAN_", "FLOW_BUILDER_", "ACTIONS_", "DATA_DIR", "SECRETS_KEY", "OPERATIONS_", "LAKE_", "SHARD")


@pytest.fixture
def settings(env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same, loaded; a developer's own variables do not shine through."""
    for name in os.environ:
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    env_file = tmp_path / ".env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in env.items()))
    return load_settings(env_file)
