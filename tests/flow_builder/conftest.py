"""A small warehouse beside an outbox; no ServiceTitan is needed here."""

import os
from pathlib import Path

import pytest

from tests.flow_builder.line import Line
from tests.simulator.flow_builder.receiver import Receiver


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    """A developer's own variables do not shine through."""
    for name in os.environ:
        if name.startswith("FLOW_BUILDER_"):
            monkeypatch.delenv(name)
    return Line(tmp_path)


@pytest.fixture
def sending_line(line: Line, receiver: Receiver) -> Line:
    """The same, connected with the receiver, whose clock it shares."""
    line.configure(flow_builder_trigger_url=f"{receiver.url}/trigger")
    receiver.clock = lambda: line.now
    return line
