"""The stand-in world for every test that needs one: real HTTP on 127.0.0.1, real files below ``tmp_path``."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.settings import Settings, load_settings
from tests.simulator.environment import SIGNING_SECRET, environment
from tests.simulator.receiver import Receiver
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World


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


@pytest.fixture
def env(simulator: ServiceTitan, receiver: Receiver, tmp_path: Path) -> dict[str, str]:
    """The environment that a command of the product needs for these two; its data goes below ``tmp_path``."""
    return environment(simulator, simulator.url, tmp_path / "data", f"{receiver.url}/trigger")


@pytest.fixture
def settings(env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same, loaded; a developer's own variables do not shine through."""
    for name in os.environ:
        if name.startswith(("SERVICETITAN_", "FLOW_BUILDER_", "ACTIONS_", "DATA_DIR")):
            monkeypatch.delenv(name)
    env_file = tmp_path / ".env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in env.items()))
    return load_settings(env_file)
