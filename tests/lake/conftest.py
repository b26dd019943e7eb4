from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from pipelines.analytics.lake.place import Place
from tests.lake.world import World
from tests.servers.postgres import PostgresServer

NewWorld = Callable[..., World]


@pytest.fixture
def catalog(postgres_server: PostgresServer) -> Iterator[str]:
    """The url of an empty database."""
    name = f"lake_{uuid4().hex[:8]}"
    yield postgres_server.create(name)
    postgres_server.drop(name)


@pytest.fixture
def new_world(catalog: str, tmp_path: Path) -> Iterator[NewWorld]:
    """A shard of that name, in one lake whose data is in a folder."""
    worlds: list[World] = []

    def new(shard: str = "a", **options: int) -> World:
        place = place_in(catalog, f"{tmp_path / 'lake'}/", shard)
        worlds.append(World(tmp_path / shard, place, seed=len(worlds) + 1, **options))
        return worlds[-1]

    yield new
    for world in worlds:
        world.close()


def place_in(catalog: str, data: str, shard: str) -> Place:
    parts = urlsplit(catalog)
    values = {"host": parts.hostname, "port": str(parts.port), "user": parts.username, "dbname": parts.path[1:]}
    known = {name: value for name, value in values.items() if value}
    return Place(known, parts.password or "", data, None, f"shard_{shard}")
