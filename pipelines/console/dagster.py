"""What pages ask Dagster for, in the turn of those who ask it for anything."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio.from_thread

from pipelines.actions.routes.sync_launcher import Dagster
from pipelines.actions.web.problems import Problem

T = TypeVar("T")


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
