"""A lake that is down, or takes no password, is told in a line, soon, and without a secret."""

from pathlib import Path

import pytest

from pipelines.analytics.lake import child, connection
from pipelines.analytics.lake.place import Place
from pipelines.analytics.lake.run import LakeError, is_behind, publish
from pipelines.settings import Settings, load_settings
from tests.lake.conftest import NewWorld
from tests.lake.world import World
from tests.servers.postgres import PostgresServer, free_port
from tests.test_settings import COMPLETE

SECRET = "hunt'er2 %\\"


def settings_of(world: World, monkeypatch: pytest.MonkeyPatch, **changes: str) -> Settings:
    parts = world.place.catalog
    url = f"postgresql://{parts['user']}:{world.place.password}@{parts['host']}:{parts['port']}/{parts['dbname']}"
    lake = {"LAKE_CATALOG_URL": url, "LAKE_DATA_URL": world.place.data, "SHARD": "a", "DATA_DIR": str(world.folder)}
    for name, value in {**COMPLETE, **lake, **changes}.items():
        monkeypatch.setenv(name, value)
    return load_settings(None)


def test_what_is_wrong_is_told_and_the_next_one_publishes_everything(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer
) -> None:
    world = new_world(customers=5)
    world.publish_copy()
    settings = settings_of(world, monkeypatch)
    away = f"postgresql://lake:hunter2@127.0.0.1:{free_port()}/lake"
    wrong = postgres_server.url("lake", password="hunter2")
    for url, words in ((away, "Connection refused"), (wrong, "password authentication failed")):
        with pytest.raises(LakeError, match=words) as error:
            publish(settings_of(world, monkeypatch, LAKE_CATALOG_URL=url))
        assert "hunter2" not in str(error.value)
    assert is_behind(settings)
    done = publish(settings)
    assert done
    assert done["is_full"]
    assert not is_behind(settings)
    assert publish(settings) is None, "nobody is asked"
    world.tick()
    assert is_behind(settings)
    done = publish(settings)
    assert done
    assert not done["is_full"]


def test_what_duckdb_shows_has_no_secret(new_world: NewWorld) -> None:
    world = new_world(customers=1)
    shown = world.with_lake(
        lambda con: str(
            [
                con.execute(f"from {of}()").fetchall()
                for of in ("duckdb_databases", "duckdb_secrets", "duckdb_variables", "duckdb_settings", "duckdb_views")
            ]
        )
    )
    assert "shard" in shown or "lake" in shown
    assert world.place.password not in shown


def test_an_error_that_quotes_a_secret_says_it_without() -> None:
    place = Place({"host": "here"}, SECRET, "s3://bucket/", None, "shard_a")
    assert child.words_of(ValueError(f"at\n  {SECRET}, hunt%27er2%20%25%5C"), place) == "at …, …"
    assert child.words_of(ValueError("x at \"host='here'\": refused"), place) == "refused"


def test_a_missing_package_is_named_with_the_way_to_it(tmp_path: Path) -> None:
    assert tmp_path.exists()
    assert connection.missing() is None
    with pytest.raises(connection.NotInstalled, match=r"duckdb-extension-none is not installed: pip install"):
        connection.extension("none")
