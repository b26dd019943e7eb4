"""A small warehouse beside an outbox; no ServiceTitan is needed here."""

import os
from pathlib import Path

import pytest

from tests.flow_builder.line import Line
from tests.simulator.flow_builder.receiver import Receiver
from tests.stores import new_store

IN_A_FILE = pytest.mark.parametrize("line", ["sqlite"], indirect=True)  # what is so of a file alone


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.prove)])
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Line:
    """On either store. A developer's own variables do not shine through."""
    for name in os.environ:
        if name.startswith("FLOW_BUILDER_"):
            monkeypatch.delenv(name)
    if request.param == "sqlite":
        line = Line(tmp_path)
        new_store(line.settings.operations)
        return line
    return Line(tmp_path, operations_url=request.getfixturevalue("postgres_store").text)


@pytest.fixture
def sending_line(line: Line, receiver: Receiver) -> Line:
    """The same, connected with the receiver, whose clock it shares."""
    line.configure(flow_builder_trigger_url=f"{receiver.url}/trigger")
    receiver.clock = lambda: line.now
    return line
