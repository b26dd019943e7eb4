"""What came at each sync, kept: so that the same messages can be judged again without deriving anything."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Protocol

import orjson

from tests.mails.line import Message
from tests.simulator.world import World


class Syncs(Protocol):
    """What brings messages: a line, or a recording of one."""

    @property
    def derivations(self) -> int: ...

    def sync(self, tenants: Collection[int]) -> Iterator[Message]: ...


class Recorder:
    """One line of JSON per sync."""

    def __init__(self, line: Syncs, path: Path) -> None:
        self.line, self.path = line, path
        path.write_bytes(b"")

    @property
    def derivations(self) -> int:
        return self.line.derivations

    def sync(self, tenants: Collection[int]) -> Iterator[Message]:
        messages = list(self.line.sync(tenants))
        with self.path.open("ab") as file:
            file.write(orjson.dumps([self.derivations, messages]) + b"\n")
        yield from messages


class Recording:
    """Of the same world, or it makes no sense."""

    def __init__(self, world: World, path: Path) -> None:
        self.world, self.derivations = world, 0
        self._syncs = iter(path.read_bytes().splitlines())

    def sync(self, tenants: Collection[int]) -> Iterator[Message]:  # noqa: ARG002 (they are those of the recording)
        self.derivations, messages = orjson.loads(next(self._syncs))
        yield from map(tuple, messages)
