"""One tenant's door, and its books."""

from collections.abc import Iterator

import pytest

from pipelines.servicetitan.api.client import Client
from pipelines.servicetitan.api.rate_limit import RateLimiter
from pipelines.servicetitan.api.wire import http_client
from pipelines.settings import Settings
from pipelines.tenants import directory
from tests.servicetitan.syncs import HASTY
from tests.simulator.world import Company, World


@pytest.fixture
def socal(world: World) -> Company:
    return world["socal"]


@pytest.fixture
def connection(settings: Settings) -> Iterator[Client]:
    """To SOCAL, with seconds of patience instead of minutes."""
    with http_client() as http:
        yield Client(
            settings, directory.find(settings, "socal"), http, RateLimiter(settings.data_dir / "budget.sqlite"), HASTY
        )
