"""The actions API over real HTTP, in front of the stand-in ServiceTitan."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.types import ASGIApp

from pipelines.actions.app import app
from pipelines.servicetitan.api.retry import RetryPolicy
from pipelines.settings import Settings, load_settings
from tests.simulator.environment import environment
from tests.simulator.server import BOUND, Server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World
from tests.stores import new_store

SOCAL, DFW = 410387862, 1116148646
PREFIX = "/api/servicetitan"
READ = RetryPolicy(first=0.02, longest=0.1, total=0.5, timeout=5)
WRITE = replace(READ, timeout=1)


IN_A_FILE = pytest.mark.parametrize("env", ["sqlite"], indirect=True)  # what is so of a file alone


class Api(httpx.Client):
    """A caller with a token; `write` sends a key, by default a new one."""

    def __init__(self, url: str, token: str = "simulator-token") -> None:
        headers = {"authorization": f"Bearer {token}"}
        # certificates, of which http needs none, would take 20 ms to read
        super().__init__(base_url=url + PREFIX, headers=headers, timeout=30, trust_env=False, verify=False)
        self.url = url

    def read(self, path: str, **params: Any) -> httpx.Response:
        return self.get(path, params=params)

    def write(self, path: str, body: object, key: str | None = None, method: str = "POST") -> httpx.Response:
        return self.request(method, path, json=body, headers={"idempotency-key": key or str(uuid4())})


Open = Callable[..., Api]


@contextmanager
def served(api: ASGIApp) -> Iterator[str]:
    """With the application's start and end, unlike `tests.simulator.server.run_server`."""
    server = Server(api, 0)
    server.config.lifespan = "on"
    thread = threading.Thread(target=server.run_to_the_end, daemon=True, name="actions API")
    thread.start()
    assert server.ready.wait(BOUND)
    assert server.started
    try:
        yield server.url
    finally:
        server.stop()
        thread.join(BOUND)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.prove)])
def env(simulator: ServiceTitan, tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """On either store. No Dagster runs at this address, unlike perhaps at the default one."""
    env = environment(simulator, simulator.url, tmp_path / "data") | {"DAGSTER_URL": "http://127.0.0.1:1"}
    if request.param == "sqlite":
        new_store(tmp_path / "data" / "operations.sqlite")
        return env
    return env | {"OPERATIONS_URL": request.getfixturevalue("postgres_store").text}


@pytest.fixture
def open_api(world: World, env: dict[str, str], tmp_path: Path, settings: Settings) -> Iterator[Open]:  # noqa: ARG001
    """``open_api(ACTIONS_TOKENS="a:b")``: another API on the same data."""
    with ExitStack() as stack:

        def opened(token: str = "simulator-token", **changes: str) -> Api:
            file = tmp_path / f"{uuid4()}.env"
            file.write_text("".join(f"{name}={value}\n" for name, value in (env | changes).items()))
            api = app(load_settings(file), world.now, read=READ, write=WRITE, pauses=(0.0, 0.05))
            return stack.enter_context(Api(stack.enter_context(served(api)), token))

        yield opened


@pytest.fixture
def api(open_api: Open) -> Api:
    return open_api()


@pytest.fixture
def socal(world: World) -> Company:
    return world.companies[SOCAL]


@pytest.fixture
def dfw(world: World) -> Company:
    return world.companies[DFW]


@pytest.fixture
def ada(socal: Company) -> int:
    """A customer of SOCAL."""
    return socal.add_customer("Ada Lovelace", phone="(213) 555-2823", email="ada@example.com")
