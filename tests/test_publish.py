"""The analysts' copy."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pipelines.analytics.publish import Besides, is_published, publish


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create schema marts; create table marts.states as select 1 as id, 2.5::decimal(2, 1) as state")
        con.execute("create schema servicetitan; create table servicetitan.customers as select 'secret' as name")
    return path


def states(analytics: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(analytics, read_only=True) as con:
        return con.execute("select id, state::varchar from marts.states order by id").fetchall()


def test_the_copy_holds_the_marts_and_nothing_else(warehouse: Path, tmp_path: Path) -> None:
    analytics = tmp_path / "of people's" / "analytics.duckdb"
    assert publish(warehouse, analytics, "1") == {"states": 1}
    assert states(analytics) == [(1, "2.5")]
    with duckdb.connect(analytics, read_only=True) as con:
        schemas = con.execute("select distinct schema_name from duckdb_tables() order by all").fetchall()
    assert schemas == [("main",), ("marts",)]
    assert [path.name for path in analytics.parent.iterdir()] == ["analytics.duckdb"]


def test_no_address_and_no_number_leaves_with_the_copy(warehouse: Path, tmp_path: Path) -> None:
    with duckdb.connect(warehouse) as con:
        con.execute(
            "create table marts.transition_details as select 'ada@example.com' as email, '+12135550162' as phone"
        )
    assert publish(warehouse, tmp_path / "analytics.duckdb", "1") == {"states": 1}
    written = (tmp_path / "analytics.duckdb").read_bytes()
    assert b"ada@example.com" not in written
    assert b"+12135550162" not in written


def test_what_is_put_besides_the_marts_stands_among_them(warehouse: Path, tmp_path: Path) -> None:
    analytics = tmp_path / "analytics.duckdb"
    deliveries = pa.table({"webhook_id": ["a", "b"]}).to_reader()
    assert publish(warehouse, analytics, "1", {"deliveries": Besides(deliveries)}) == {"states": 1, "deliveries": 2}
    with duckdb.connect(analytics, read_only=True) as con:
        assert con.execute("from marts.deliveries").fetchall() == [("a",), ("b",)]


def test_what_was_published_is_known_by_its_version(warehouse: Path, tmp_path: Path) -> None:
    analytics = tmp_path / "analytics.duckdb"
    assert not is_published(analytics, None, "1")
    publish(warehouse, analytics, "1")
    assert is_published(analytics, None, "1")
    assert not is_published(analytics, None, "2")


def test_who_reads_keeps_what_it_opened_and_the_next_one_sees_the_new_copy(warehouse: Path, tmp_path: Path) -> None:
    analytics = tmp_path / "analytics.duckdb"
    publish(warehouse, analytics, "1")
    with duckdb.connect(analytics, read_only=True) as reader:
        with duckdb.connect(warehouse) as con:
            con.execute("insert into marts.states values (2, 3.0)")
        publish(warehouse, analytics, "1")
        assert reader.execute("select count(*) from marts.states").fetchall() == [(1,)]
    assert states(analytics) == [(1, "2.5"), (2, "3.0")]


def test_a_copy_that_fails_leaves_the_old_one_in_place(warehouse: Path, tmp_path: Path) -> None:
    analytics = tmp_path / "analytics.duckdb"
    publish(warehouse, analytics, "1")
    with duckdb.connect(warehouse) as con:
        con.execute("create table gone (id int); create view marts.broken as from gone; drop table gone")
    with pytest.raises(duckdb.Error, match="gone"):
        publish(warehouse, analytics, "1")
    assert states(analytics) == [(1, "2.5")]
    assert not list(tmp_path.glob("*.tmp"))
