"""The operations file: how it is opened, and what is said where it cannot be."""

import sqlite3
from pathlib import Path

import pytest

import pipelines
from pipelines.operations import MIGRATIONS, OperationsError, open_operations, transaction

ROW = "insert into contact_links values (1, 2, 'c', 't')"


def test_it_is_made_on_first_use_and_then_kept(tmp_path: Path) -> None:
    path = tmp_path / "new" / "operations.sqlite"
    with open_operations(path) as con:
        con.execute(ROW)
    with open_operations(path) as con:
        assert con.version() == len(MIGRATIONS)
        assert con.execute("select count(*) from contact_links").fetchone() == (1,)


def test_what_is_committed_is_on_the_disk(tmp_path: Path) -> None:
    with open_operations(tmp_path / "o.sqlite") as con:
        assert con.execute("pragma journal_mode").fetchone() == ("wal",)
        assert con.execute("pragma synchronous").fetchone() == (2,)  # full


def test_an_error_undoes_the_transaction(tmp_path: Path) -> None:
    with open_operations(tmp_path / "o.sqlite") as con:
        with pytest.raises(sqlite3.IntegrityError), transaction(con):
            con.executemany(ROW, [(), ()])
        assert con.execute("select count(*) from contact_links").fetchone() == (0,)


def test_every_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    with sqlite3.connect(path) as con:
        con.executescript(MIGRATIONS[0].read_text())
        con.execute("pragma user_version = 1")
        con.execute(ROW)
    with open_operations(path) as con:
        assert con.version() == len(MIGRATIONS)
        assert con.execute("select count(*) from deliveries").fetchone() == (0,)


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    with sqlite3.connect(path) as con:
        con.execute("pragma user_version = 999")
    with pytest.raises(OperationsError, match=r"written by a newer release \(version 999"), open_operations(path):
        pass


def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    path.write_bytes(b"this is no database, but it is long enough to be looked at as one" * 20)
    with (
        pytest.raises(OperationsError, match=r"o\.sqlite: file is not a database; put a back-up"),
        open_operations(path),
    ):
        pass


def test_who_waits_in_vain_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    with open_operations(path) as holder, transaction(holder):  # noqa: SIM117
        with pytest.raises(OperationsError, match="another process has held it"):
            with open_operations(path, patience=0.05) as con, transaction(con):
                pass


def test_who_keeps_a_connection_is_told_so_too(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    with open_operations(path) as holder, open_operations(path, patience=0.05) as con:
        with transaction(holder), pytest.raises(OperationsError, match="another process has held it"):
            con.execute(ROW)
        with pytest.raises(sqlite3.IntegrityError):
            con.executemany(ROW, [(), ()])
    with pytest.raises(OperationsError, match=r"o\.sqlite: Cannot operate on a closed database"):
        con.execute(ROW)


def test_a_room_knows_no_database_by_name() -> None:
    """Only `pipelines.operations` says what the store is, and what its errors mean."""
    product = Path(pipelines.__file__).parent
    sources = [path for path in product.rglob("*.py") if path.parent.name != "operations"]
    assert [path.name for path in sources if "sqlite3" in path.read_text()] == []
