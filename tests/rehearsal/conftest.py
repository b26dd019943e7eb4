import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.rehearsal.town import DATED, Lived, Planned, Town, days_from
from tests.simulator.office.household import Household
from tests.simulator.office.stories import Story
from tests.simulator.world import START

FIRST = START + timedelta(days=20, hours=3)
LiveIn = Callable[..., Lived]


@pytest.fixture(scope="session")
def live_in(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> LiveIn:
    """A town in which so many days have been lived through, with a sync a day."""

    def live_in(
        households: int, days: int, stories: tuple[Story, ...] = DATED, people: type[Household] = Planned
    ) -> Lived:
        folder = tmp_path_factory.mktemp("town")
        town = Town(folder, shutil.copytree(parsed_project, folder / "dbt"), households, stories, people)
        return Lived(town, days, town.live(days_from(FIRST, days)))

    return live_in


@pytest.fixture(scope="session")
def lived(live_in: LiveIn) -> Lived:
    """A day of a small one, where every change has its date."""
    return live_in(households=150, days=1)
