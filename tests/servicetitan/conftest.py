"""One tenant's door, and its books."""

from collections.abc import Iterator

import pytest

from pipelines.servicetitan.api.bulk import Connection, http_client
from pipelines.servicetitan.api.rate_limit import Budget
from pipelines.settings.settings import Settings
from tests.servicetitan.syncs import HASTY
from tests.simulator.world import Company, World


@pytest.fixture
def socal(world: World) -> Company:
    return world["socal"]


@pytest.fixture
def connection(settings: Settings) -> Iterator[Connection]:
    """To SOCAL, with seconds of patience instead of minutes."""
    with http_client(HASTY) as http:
        yield Connection(settings, settings.tenant("socal"), http, Budget(settings.data_dir / "budget.sqlite"), HASTY)
