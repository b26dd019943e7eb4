"""A small warehouse beside an outbox; no ServiceTitan is needed here."""

import os
from pathlib import Path

import pytest

from tests.flow_builder.line import Line
from tests.simulator.flow_builder.receiver import Receiver
from tests.stores import new_store

IN_A_FILE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # what is so of a file alone


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.prove)])
def store(request: pytest.FixtureRequest) -> str | None:
    """The address of an empty one in PostgreSQL; None: SQLite's."""
    return request.getfixturevalue("postgres_store").text if request.param == "postgres" else None


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str | None) -> Line:
    """On either store. A developer's own variables do not shine through."""
    for name in os.environ:
        if name.startswith("FLOW_BUILDER_"):
            monkeypatch.delenv(name)
    line = Line(tmp_path, operations_url=store)
    new_store(line.settings.operations)
    return line


@pytest.fixture
def sending_line(line: Line, receiver: Receiver) -> Line:
    """The same, connected with the receiver, whose clock it shares."""
    line.configure(flow_builder_trigger_url=f"{receiver.url}/trigger")
    receiver.clock = lambda: line.now
    return line
