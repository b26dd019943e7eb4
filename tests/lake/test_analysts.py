"""What the README says to whoever lets analysts in, and to them, word for word on a real PostgreSQL."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg
import pytest

from pipelines.analytics.lake.connection import EXTENSIONS, OWN, extension
from tests.lake.conftest import NewWorld
from tests.lake.world import World

README = (Path(__file__).parents[2] / "README.md").read_text()


def block(name: str) -> str:
    [found] = re.findall(rf"^```sql {name}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    return str(found)


@contextmanager
def analyst(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """As the README attaches; its extensions come out of packages here."""
    _, _, statements = block("analyst").partition("\n")
    place = world.place
    here = {
        "host 'db.example.com'": f"host '{place.catalog['host']}', port {place.catalog['port']}",
        "database 'lake'": f"database '{place.catalog['dbname']}'",
        "user 'analyst'": f"user 'analyst_{place.catalog['dbname']}'",
        "s3://bucket/prefix/": place.data,
    }
    for words, ours in here.items():
        assert words in statements
        statements = statements.replace(words, ours)
    with duckdb.connect(config=OWN) as con:
        for name in EXTENSIONS:
            con.execute(f"load '{extension(name)}'")
        con.execute(statements.partition("from marts.")[0])
        yield con


@pytest.fixture
def let_in(new_world: NewWorld, catalog: str) -> Iterator[World]:
    """A lake with one shard, and the role that the README makes."""
    world = new_world(customers=8)
    world.publish_copy()
    world.publish()
    name = f"analyst_{world.place.catalog['dbname']}"  # roles are of the whole server
    with psycopg.connect(catalog, autocommit=True) as con:
        con.execute(block("role").replace("analyst", name).encode())
        yield world
        con.execute(f"drop owned by {name}; drop role {name}".encode())


def test_an_analyst_reads_what_is_there_and_what_comes_and_writes_nothing(let_in: World, new_world: NewWorld) -> None:
    with analyst(let_in) as con:
        for query in re.findall(r"^from .*;$", block("analyst"), re.MULTILINE):
            if " at (" not in query:
                assert con.execute(query).fetchall()
        assert con.execute("select count(*) from marts.sales at (timestamp => now())").fetchone()
        other = new_world("b", customers=3)
        other.publish_copy()
        other.publish()
        let_in.tick(whole=True)
        let_in.publish()
        found = con.execute("select count(distinct tenant_id) from marts.customer_servicetitan_state").fetchall()
        assert found == [(2,)], "tables that came later"
        assert len(con.execute("from publication").fetchall()) == 2
        shown = str(con.execute("from duckdb_databases()").fetchall())
        assert "choose-one" not in shown
        with pytest.raises(duckdb.Error, match="read-only"):
            con.execute("delete from shard_a.sales")
    user = f"user=analyst_{let_in.place.catalog['dbname']} password=choose-one"
    place = let_in.place.catalog
    address = f"host={place['host']} port={place['port']} dbname={place['dbname']} {user}"
    with psycopg.connect(address) as con, pytest.raises(psycopg.errors.InsufficientPrivilege):
        con.execute("delete from ducklake_snapshot")
