"""A sync with a lake beside it, on a real PostgreSQL and a real object store."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.sql import SQL, Identifier

from orchestration.cli.main import main
from pipelines.analytics.lake.connection import open_lake
from pipelines.analytics.lake.place import place_of
from pipelines.settings import Settings, load_settings
from tests.lake.world import COPIED, DIFFERENT
from tests.servers.postgres import PostgresServer, free_port
from tests.servers.seaweedfs import KEY_ID, SeaweedServer
from tests.simulator.office.history import seed_history
from tests.simulator.world import World

TABLES = "select table_name from information_schema.tables where table_schema = 'public'"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


def texts(folder: Path, catalog: str) -> Iterator[bytes]:
    """All that the product and its catalog have kept."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes()
    with psycopg.connect(catalog) as con:
        for (table,) in con.execute(TABLES).fetchall():
            rows = con.execute(SQL("select kept::text from {} as kept").format(Identifier(table))).fetchall()
            yield str(rows).encode()


def differences(settings: Settings) -> dict[str, int]:
    place = place_of(settings)
    assert place
    with open_lake(place, settings.data_dir / "spill") as con:
        con.execute(f"attach '{settings.analytics}' as copy (read_only)")
        tables = [name for (name,) in con.execute(COPIED).fetchall()]
        assert len(tables) > 15
        counted = {name: con.execute(DIFFERENT.format(table=name, schema=place.schema)).fetchone() for name in tables}
    return {name: found[0] for name, found in counted.items() if found and found[0]}


@pytest.mark.prove
def test_a_lake_that_is_down_fails_alone_and_gets_everything_with_the_next_sync(
    world: World,
    env: dict[str, str],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    catalog: str,
    postgres_server: PostgresServer,
    seaweed_server: SeaweedServer,
    tmp_path: Path,
) -> None:
    data = seaweed_server.create("journey")
    secret, password = seaweed_server.secret, postgres_server.password
    lake = {
        "LAKE_CATALOG_URL": f"postgresql://postgres:{password}@127.0.0.1:{free_port()}/lake",
        "LAKE_DATA_URL": f"{data}/of/all",
        "LAKE_S3_ENDPOINT": seaweed_server.endpoint,
        "LAKE_S3_KEY_ID": KEY_ID,
        "LAKE_S3_SECRET": secret,
        "SHARD": "a7",
        "DAGSTER_HOME": str(settings.data_dir / "dagster"),
    }
    for name, value in {**env, **lake}.items():
        monkeypatch.setenv(name, value)
    seed_history(world, customers=9)
    down = run("sync")
    assert down.exit_code == 3, down.output
    assert "lake: not published: catalog lake at 127.0.0.1" in down.output
    assert "enqueued:" in down.output
    assert settings.analytics.exists()
    monkeypatch.setenv("LAKE_CATALOG_URL", catalog)
    assert "The lake answers: catalog lake_" in run("check").output
    said = [down.output]
    for command in ("sync", "lake-maintain"):
        done = run(command)
        assert done.exit_code == 0, done.output
        said.append(done.output)
    assert differences(load_settings(None)) == {}
    for kept in (*texts(tmp_path / "data", catalog), *(words.encode() for words in said)):
        assert secret.encode() not in kept
        assert password.encode() not in kept
