"""What pages ask Dagster: to do something, in the turn of those who ask it for anything; and how it goes, aside."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, TypeVar

import anyio.from_thread

from pipelines.actions.routes.sync_launcher import Dagster
from pipelines.actions.web.problems import Problem

MOMENT = 1.0  # seconds that a page waits for an answer
PATIENCE = 5.0  # seconds for which nobody waits any more, until it is asked anew
LOOKS = 4  # at once
SILENT = "Dagster does not answer; is it running?"

T = TypeVar("T")


class Looks:
    """A page waits a moment at most, and while one that was waited for has no answer, none waits at all."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKS, "looks at Dagster")
        self._silent: Future[Any] | None = None

    def look(self, work: Callable[[], T]) -> T:
        """Raises `Problem` ``sync_unavailable``."""
        if self._silent is None or self._silent.done():
            asked = self._threads.submit(work)
            wait([asked], MOMENT)
            if asked.done():
                return asked.result()
            self._silent = asked
        raise Problem("sync_unavailable", SILENT)


def ask(dagster: Dagster, work: Callable[[], T]) -> T:
    """Raises `Problem` ``sync_unavailable``."""
    return anyio.from_thread.run(dagster.places.run, work)


def sync_soon(dagster: Dagster, tenant: str) -> str:
    """Starts one, and says so, or who takes it in instead."""
    try:
        ask(dagster, partial(dagster.start_sync, [tenant]))
    except Problem:
        return "the next sync takes it in"
    return "a sync that takes it in is under way"
