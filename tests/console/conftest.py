"""The console over real HTTP, beside the actions API, in front of the stand-in ServiceTitan."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from pipelines.server import app
from pipelines.settings import Settings, load_settings
from tests.actions.conftest import READ, WRITE, env, served, socal
from tests.console.visitor import USERS, Visitor
from tests.simulator.world import World

__all__ = ["env", "socal"]
Open = Callable[..., str]


@pytest.fixture
def open_console(world: World, env: dict[str, str], tmp_path: Path, settings: Settings) -> Iterator[Open]:  # noqa: ARG001
    """``open_console(CONSOLE_USERS="…")``: its address; another one on the same data each time. ``without``: variables
    that begin so."""
    with ExitStack() as stack:

        def opened(without: str = "nothing", **changes: str) -> str:
            file = tmp_path / f"{uuid4()}.env"
            kept = {name: value for name, value in env.items() if not name.startswith(without)}
            variables = kept | {"CONSOLE_USERS": USERS} | changes
            file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
            both = app(load_settings(file), world.now, read=READ, write=WRITE, pauses=(0.0, 0.05))
            return stack.enter_context(served(both))

        yield opened


@pytest.fixture
def url(open_console: Open) -> str:
    return open_console()


@pytest.fixture
def ola(url: str) -> Iterator[Visitor]:
    """Signed in, an operator."""
    with Visitor(url, "ola") as visitor:
        yield visitor
