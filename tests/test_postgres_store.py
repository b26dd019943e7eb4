"""Operations in PostgreSQL: how it is opened, what is said where it cannot be, and how a file is moved into it."""

import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from time import sleep
from uuid import uuid4

import pytest
from pydantic import SecretStr

from orchestration.locks import AnotherSyncIsRunning, exclusive
from pipelines.operations import MIGRATIONS, OperationsError, PostgresUrl, look_into, open_operations, transaction
from pipelines.operations.copy import TABLES, copy
from pipelines.operations.dialect import for_postgres
from pipelines.settings import ConfigurationError, Settings, load_settings
from tests.servers.postgres import PostgresServer, postgres
from tests.stores import older_store

ROW = "insert into contact_links values (1, 2, 'c', 't')"
NOT_IN_BYTES = """
    select table_name, column_name from information_schema.columns
    where table_schema = current_schema and data_type = 'text' and collation_name is distinct from 'C'
"""
COLUMNS = """
    select table_name, column_name from information_schema.columns
    where table_schema = current_schema and table_name != 'operations_version'
"""
INDEXES = "select indexname from pg_indexes where schemaname = current_schema"


@pytest.fixture
def empty(postgres_server: PostgresServer) -> Iterator[PostgresUrl]:
    name = f"empty_{uuid4().hex}"
    yield PostgresUrl(postgres_server.create(name))
    postgres_server.drop(name)


def test_it_is_made_on_first_use_and_then_kept(empty: PostgresUrl) -> None:
    with open_operations(empty) as con:
        con.execute(ROW)
    with open_operations(empty) as con:
        assert con.version() == int(MIGRATIONS[-1].name[:3])
        assert con.execute("select count(*) from contact_links").fetchone() == (1,)


def test_both_stores_have_the_same_tables_columns_and_indexes(postgres_store: PostgresUrl, tmp_path: Path) -> None:
    with open_operations(tmp_path / "o.sqlite") as file, open_operations(postgres_store) as con:
        tables = {name for (name,) in file.execute("select name from sqlite_master where type = 'table'")}
        assert tables == {*TABLES}
        columns = {
            (name, column)
            for name in tables
            for (column,) in file.execute(f"select name from pragma_table_info('{name}')")
        }
        assert {*con.execute(COLUMNS).fetchall()} == columns
        own = file.execute("select name from sqlite_master where type = 'index' and sql is not null").fetchall()
        assert {*own} <= {*con.execute(INDEXES).fetchall()}


def test_shards_of_one_database_have_nothing_in_common(empty: PostgresUrl) -> None:
    named = [empty, *(replace(empty, schema=f"shard_{name}") for name in ("east", "west"))]
    with ExitStack() as stack:
        unnamed, east, west = [stack.enter_context(open_operations(url)) for url in named]
        assert {*east.execute(COLUMNS).fetchall()} == {*unnamed.execute(COLUMNS).fetchall()}
        assert {*east.execute(INDEXES).fetchall()} == {*unnamed.execute(INDEXES).fetchall()}
        east.execute(ROW)
        assert west.execute("select * from contact_links").fetchall() == []
        assert unnamed.execute("select * from contact_links").fetchall() == []
        with transaction(east, "it"), transaction(west, "it"), transaction(unnamed, "it"):
            first = [con.new_numbers("deliveries", "sequence", 2) for con in (east, west, unnamed)]
        assert first == [[1, 2]] * 3
        assert all(con.hold("it") for con in (east, west, unnamed))
    assert str(named[1]).endswith(", schema shard_east")


def test_a_store_without_a_name_is_given_one(empty: PostgresUrl) -> None:
    with open_operations(empty) as con:
        con.execute(ROW)
        for statement in re.findall(r"alter schema public[^`]*", Path("orchestration/README.md").read_text()):
            con.execute(statement)
    with open_operations(replace(empty, schema="shard_west")) as west, open_operations(empty) as unnamed:
        assert west.execute("select count(*) from contact_links").fetchone() == (1,)
        assert west.new_numbers("deliveries", "sequence", 1) == [1]
        assert unnamed.execute("select count(*) from contact_links").fetchone() == (0,)


def test_a_shard_is_made_by_one_of_all_who_begin_at_once(empty: PostgresUrl) -> None:
    def begin(_: int) -> int:
        with open_operations(replace(empty, schema="shard_east")) as con:
            return con.version()

    with ThreadPoolExecutor(8) as threads:
        assert {*threads.map(begin, range(8))} == {int(MIGRATIONS[-1].name[:3])}


def test_one_shard_is_synced_by_one_wherever_it_runs(
    settings: Settings, postgres_store: PostgresUrl, tmp_path: Path
) -> None:
    def here(folder: str, shard: str) -> Settings:
        changes = {"data_dir": tmp_path / folder, "shard": shard, "operations_url": SecretStr(postgres_store.text)}
        return settings.model_copy(update=changes)

    with exclusive(here("one", "east"), wait_seconds=0):
        with exclusive(here("two", "west"), wait_seconds=0):
            pass
        with pytest.raises(AnotherSyncIsRunning, match=r"with another DATA_DIR, into .*, schema shard_east; end"):  # noqa: SIM117
            with exclusive(here("two", "east"), wait_seconds=0):
                pass
    with exclusive(here("two", "east"), wait_seconds=60):
        pass


def test_text_is_in_the_order_of_its_bytes_whatever_the_databases_own_order(postgres_store: PostgresUrl) -> None:
    with open_operations(postgres_store) as con:
        assert con.execute(NOT_IN_BYTES).fetchall() == []


def test_an_error_undoes_the_transaction_and_shows_no_value(postgres_store: PostgresUrl) -> None:
    with open_operations(postgres_store) as con:
        with pytest.raises(Exception, match="duplicate key") as error, transaction(con):
            con.executemany("insert into contact_links values (?, ?, ?, 't')", [(1, 2, "ada"), (1, 2, "ada")])
        assert "ada" not in str(error.value)
        assert con.execute("select count(*) from contact_links").fetchone() == (0,)


def test_a_newer_store_is_left_alone(postgres_store: PostgresUrl) -> None:
    with look_into(postgres_store) as con:
        con.execute("update operations_version set version = 999")
    with (
        pytest.raises(OperationsError, match=r"written by a newer release \(version 999"),
        open_operations(postgres_store),
    ):
        pass


def test_another_programs_database_is_left_alone(empty: PostgresUrl) -> None:
    with look_into(empty) as con:
        con.execute("create table deliveries (parcel integer)")
    with pytest.raises(OperationsError, match="another program's tables; name a database"), open_operations(empty):
        pass


def test_what_is_wrong_with_the_address_is_named_without_its_password(postgres_server: PostgresServer) -> None:
    right, host = postgres_server.password, f"127.0.0.1:{postgres_server.port}"
    wrong = {
        postgres_server.url("postgres", password="s3cret"): "see the user and the password of OPERATIONS_URL",
        postgres_server.url("nowhere"): "create the database|create it",
        f"postgresql://postgres:{right}@127.0.0.1:1/postgres": "refused; it does not answer; see that PostgreSQL runs",
        f"postgresql://postgres:s3cret@{host}/postgres?sslmode=never": "OPERATIONS_URL|see that PostgreSQL",
    }
    for url, way_out in wrong.items():
        with pytest.raises(OperationsError, match=way_out) as error, open_operations(PostgresUrl(url)):
            pass
        told = f"{error.value!r} {error.value.__cause__!r} {PostgresUrl(url)!r}"
        assert "s3cret" not in told
        assert right not in told


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("mysql://a:s3cret@h/d", "expected postgresql://user:password@host:port/database"),
        ("postgresql://a:s3cret@h", "it names no database"),
        ("postgresql://a:s3@cret@h/d", "as %XX"),
        ("postgresql://a:s3cret/s3cret@h/d", "as %XX"),
        ("postgresql://a:s3cret#@h/d", "as %XX"),
    ],
)
def test_an_address_that_cannot_be_one_stops_the_start(tmp_path: Path, url: str, wrong: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"SERVICETITAN_APP_KEY=key\nOPERATIONS_URL='{url}'\n")
    with pytest.raises(ConfigurationError, match=f"OPERATIONS_URL: .*{re.escape(wrong)}") as error:
        load_settings(file)
    assert "cret" not in str(error.value)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pipelines.operations.postgres", "psycopg"):
        monkeypatch.setitem(sys.modules, name, None)
    url = PostgresUrl("postgresql://a:b@127.0.0.1/c")
    with pytest.raises(OperationsError, match=r"pip install 'servicetitan-flow\[postgres\]'"), open_operations(url):
        pass


def test_who_waits_in_vain_is_told_so(postgres_store: PostgresUrl) -> None:
    with open_operations(postgres_store) as holder, transaction(holder, "it"):
        with pytest.raises(OperationsError, match="another process has held it for too long"):  # noqa: SIM117
            with open_operations(postgres_store, patience=0.05) as con, transaction(con, "it"):
                pass
        with open_operations(postgres_store, patience=0.05) as con, transaction(con, "another"):
            assert not con.try_lock("it", shared=True)


def test_what_its_holder_lets_go_or_leaves_with_its_end_is_anybodys(postgres_store: PostgresUrl) -> None:
    with open_operations(postgres_store) as con:
        with open_operations(postgres_store) as other:
            assert other.hold("it")
            assert not con.hold("it")
        assert within_seconds(lambda: con.hold("it"))


def within_seconds(holds: Callable[[], bool]) -> bool:
    """A server sees a moment later that somebody is gone."""
    for _ in range(1000):
        if holds():
            return True
        sleep(0.01)
    return False


def test_who_was_cut_off_goes_on_outside_a_transaction_and_within_one_not() -> None:
    with postgres() as server, open_operations(PostgresUrl(server.create("cut"))) as con:
        con.execute(ROW)
        with pytest.raises(OperationsError, match="it does not answer"), transaction(con):  # noqa: PT012 (what comes after the cut)
            con.execute("delete from contact_links")
            start_anew(server)
            try:
                con.execute("delete from contact_links")
            finally:
                with pytest.raises(OperationsError, match="it does not answer"):
                    con.execute("select 1")
        assert con.execute("select count(*) from contact_links").fetchall() == [(1,)]
        start_anew(server)
        with pytest.raises(OperationsError, match="it does not answer"):
            con.execute("delete from contact_links")
        con.execute("delete from contact_links")
        assert con.execute("select count(*) from contact_links").fetchall() == [(0,)]
        start_anew(server)
        with transaction(con):
            con.execute(ROW)
        con.prove_writable()


def start_anew(server: PostgresServer) -> None:
    server.stop("immediate")
    server.start()


def test_nul_is_kept_as_what_stands_for_it(postgres_store: PostgresUrl) -> None:
    with open_operations(postgres_store) as con:
        con.execute("insert into contact_links values (1, 2, ?, 't')", ["a\0b"])
        assert con.execute("select contact_id from contact_links").fetchone() == ("a\N{REPLACEMENT CHARACTER}b",)


def test_values_in_quotes_and_comments_are_none() -> None:
    assert for_postgres("select ':a', '?', x::text -- :b\n where c like 'd%' and e = :f") == (
        "select ':a', '?', x::text -- :b\n where c like 'd%%' and e = %(f)s"
    )


def filled(path: Path) -> Path:
    with open_operations(path) as con, transaction(con):
        con.execute(
            "insert into deliveries (sequence, webhook_id, kind, tenant_id, customer_id, body, created_at, status)"
            " values (7, 'w', 'changed', 1, 2, ?, 't', 'pending')",
            [b"\0\xff"],
        )
        con.execute("insert into attempts (webhook_id, started_at, answer) values ('w', 't', ?)", ["a\0b\t\\N\n"])
        con.execute("update endpoint set because = 'HTTP 500'")
        con.execute(ROW)
    return path


def test_a_file_is_copied_whole_and_what_comes_next_goes_on_after_it(empty: PostgresUrl, tmp_path: Path) -> None:
    copied = copy(filled(tmp_path / "o.sqlite"), empty)
    assert {name: rows for name, rows in copied.items() if rows} == {
        "deliveries": 1,
        "attempts": 1,
        "endpoint": 1,
        "contact_links": 1,
        "tenants_version": 1,
    }
    with open_operations(empty) as con:
        assert con.execute("select sequence, body from deliveries").fetchall() == [(7, b"\0\xff")]
        assert con.execute("select answer from attempts").fetchone() == ("a\N{REPLACEMENT CHARACTER}b\t\\N\n",)
        assert con.execute("select because from endpoint").fetchall() == [("HTTP 500",)]
        assert con.new_numbers("deliveries", "sequence", 2) == [8, 9]
    with pytest.raises(OperationsError, match="is not empty: deliveries, attempts, contact_links; name a database"):
        copy(tmp_path / "o.sqlite", empty)


@pytest.mark.parametrize("trouble", ["a reader", "a writer", "an older version", "no file"])
def test_what_cannot_be_copied_is_left_alone(empty: PostgresUrl, tmp_path: Path, trouble: str) -> None:
    path = tmp_path / "o.sqlite"
    with ExitStack() as stack:
        if trouble == "an older version":
            stack.enter_context(older_store(path, 19))
        elif trouble != "no file":
            con = stack.enter_context(open_operations(filled(path)))
            if trouble == "a writer":
                stack.enter_context(transaction(con))
        expected = {"an older version": "version 19|is in use", "no file": "is not there"}.get(trouble, "is in use")
        with pytest.raises(OperationsError, match=expected):
            copy(path, empty)
    with look_into(empty) as con:
        assert not con.has_table("deliveries") or con.execute("select 1 from deliveries").fetchall() == []


def test_a_copy_that_fails_leaves_nothing(empty: PostgresUrl, tmp_path: Path) -> None:
    path = filled(tmp_path / "o.sqlite")
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("pragma ignore_check_constraints = on")
        file.execute("update deliveries set status = 'lost'")
    with pytest.raises(Exception, match="violates check constraint"):
        copy(path, empty)
    with open_operations(empty) as con:
        assert con.execute("select count(*) from deliveries").fetchone() == (0,)
        assert con.execute("select count(*) from endpoint").fetchone() == (1,)
