"""What came at each sync, and what the gate answered, kept: to be judged again without deriving anything."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Protocol

import orjson

from tests.mails.line import Message
from tests.simulator.flow_builder.flows import Data, Gate


class Syncs(Protocol):
    """What brings messages: a line, or a recording of one. ``gate``: None where the product has none."""

    @property
    def derivations(self) -> int: ...
    @property
    def gate(self) -> Gate | None: ...
    def pause(self, tenants: Collection[int]) -> None: ...
    def sync(self, tenants: Collection[int]) -> Iterator[Message]: ...


class RecordingEnded(Exception):
    """It was cut short: what happened later is not known."""


class Recorder:
    """One line of JSON per sync, and one per answer."""

    def __init__(self, line: Syncs, path: Path) -> None:
        self.line, self.path = line, path
        path.write_bytes(b"")

    @property
    def derivations(self) -> int:
        return self.line.derivations

    @property
    def gate(self) -> Gate | None:
        return self.ask if self.line.gate else None

    def ask(self, transition_id: str) -> Data | None:
        assert self.line.gate
        answer = self.line.gate(transition_id)
        self.note(answer)
        return answer

    def pause(self, tenants: Collection[int]) -> None:
        self.line.pause(tenants)

    def sync(self, tenants: Collection[int]) -> Iterator[Message]:
        messages = list(self.line.sync(tenants))
        self.note([self.derivations, messages])
        yield from messages

    def note(self, what: Any) -> None:
        with self.path.open("ab") as file:
            file.write(orjson.dumps(what) + b"\n")


class Recording:
    """Of the same world and the same Flow Builders, or it makes no sense."""

    def __init__(self, path: Path) -> None:
        self.derivations = 0
        lines = path.read_bytes().splitlines()
        self.has_answers = any(not line.startswith(b"[") for line in lines)
        self._lines = iter(lines)

    @property
    def gate(self) -> Gate | None:
        return self.ask if self.has_answers else None

    def ask(self, transition_id: str) -> Data | None:  # noqa: ARG002 (they come in the order in which it was asked)
        answer: Data | None = self._next()
        return answer

    def pause(self, tenants: Collection[int]) -> None:
        """As it was."""

    def sync(self, tenants: Collection[int]) -> Iterator[Message]:  # noqa: ARG002 (they are those of the recording)
        self.derivations, messages = self._next()
        yield from map(tuple, messages)

    def _next(self) -> Any:
        if (line := next(self._lines, None)) is None:
            raise RecordingEnded
        return orjson.loads(line)
