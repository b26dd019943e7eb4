"""An event loop in which waiting costs nothing: when all tasks wait, its clock jumps."""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


class JumpingSelector(selectors.SelectSelector):
    """Nothing ever arrives from outside; ``now`` is seconds since the start."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("all tasks wait for something that nobody will do")
        self.now += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.jumping = JumpingSelector()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now

    def clock(self) -> datetime:
        return START + timedelta(seconds=self.jumping.now)

    def run(self, scenario: Coroutine[Any, Any, None]) -> None:
        self.jumping.now = 0.0
        self.run_until_complete(scenario)
