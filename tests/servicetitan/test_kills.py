"""SIGKILL at any moment, then again: nothing is lost, nothing is doubled."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from pipelines.servicetitan.streams import STREAMS, Stream
from pipelines.settings import Settings
from pipelines.tenants import directory
from tests.forks import Run, zygote
from tests.servicetitan.syncs import query
from tests.simulator.forms import rendered
from tests.simulator.office.history import live, seed_history
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World

KILLS = [4, pytest.param(int(os.environ.get("KILLS", "25")), marks=pytest.mark.prove)]
NEVER = 600.0


@pytest.fixture
def sync_for(settings: Settings, tmp_path: Path) -> Iterator[Run]:
    """Lets a sync run for so many seconds, then kills it; gives its exit status and the seconds that it ran."""
    assert directory.all(settings)
    with zygote("tests.servicetitan.zygote", str(tmp_path / ".env")) as run:
        yield run


@pytest.mark.parametrize("times", KILLS)
def test_syncs_killed_at_any_moment_end_in_the_same_state(
    sync_for: Run, settings: Settings, world: World, simulator: ServiceTitan, times: int
) -> None:
    random = Random(20260302)
    simulator.switches.export_page_size = 15
    steps = live(world, seed_history(world, customers=12, years=2), seed=7)
    kills, longest = 0, 1.5
    while kills < times:
        status, ran = sync_for(random.uniform(0, longest))
        kills += status != 0
        longest = ran if status == 0 else min(longest * 1.1, 20)
        if random.random() < 0.5:
            list(islice(steps, 6))
            world.advance(minutes=random.choice([1, 20]))
    assert sync_for(NEVER)[0] == 0
    for stream in STREAMS:
        assert stored(settings, stream) == there_is(world, stream, simulator)


def stored(settings: Settings, stream: Stream) -> list[tuple[int, str]]:
    """Rows of loads that ended."""
    ended = "_dlt_load_id in (select load_id from servicetitan._dlt_loads)"
    rows = query(settings, f"select tenant_id, record::varchar from servicetitan.{stream.name} where {ended}")
    return sorted((tenant_id, record) for tenant_id, record in rows)


def there_is(world: World, stream: Stream, simulator: ServiceTitan) -> list[tuple[int, str]]:
    form = "export" if stream.export else "list"
    return sorted(
        (company.tenant_id, rendered(stream.name, row, form, simulator.switches).decode())
        for company in world.companies.values()
        for row in company.tables[stream.name].rows.values()
    )
