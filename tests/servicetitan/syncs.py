"""Syncs of the stand-in world, and what is in the warehouse after them."""

from dataclasses import replace
from typing import Any

import duckdb

from pipelines.servicetitan.api.retry import RetryPolicy
from pipelines.servicetitan.sync import LoadResult, load
from pipelines.settings import Settings
from tests.simulator.world import World

HASTY = RetryPolicy(first=0.01, longest=0.05, total=1.5, timeout=2)
# Gives a tenant up after 2 s, in which a busy machine still answers for a healthy one.
SHORT = replace(HASTY, total=60, silence=2, timeout=4)


def sync(settings: Settings, world: World, **options: Any) -> LoadResult:
    """All well, or an AssertionError that says what is not."""
    result = attempt(settings, world, **options)
    assert [stream.error for stream in result.streams if stream.error] == []
    return result


def attempt(settings: Settings, world: World, **options: Any) -> LoadResult:
    return load(settings, clock=world.now, **{"retry": HASTY, **options})


def query(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()
