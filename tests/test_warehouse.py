"""The warehouse's file is whole, and free for others, whenever nobody has it open."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.warehouse import open_warehouse, quoted


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with open_warehouse(path) as con:
        con.execute("create table jobs as select 1 as id")
    return path


def count(path: Path) -> int:
    """As another process finds it."""
    program = f"import duckdb; print(duckdb.connect({str(path)!r}).execute('from jobs').fetchall().__len__())"
    return int(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)


def test_what_was_committed_is_in_the_file_and_others_may_write(warehouse: Path) -> None:
    assert count(warehouse) == 1
    with open_warehouse(warehouse) as con:
        con.execute("insert into jobs values (2)")
    assert not warehouse.with_name("warehouse.duckdb.wal").exists()
    assert count(warehouse) == 2


def test_nothing_of_a_connection_is_left_to_the_next(warehouse: Path, tmp_path: Path) -> None:
    for _ in range(3):
        with open_warehouse(warehouse) as con:
            con.execute("create temp table news as from jobs")
            con.execute(f"attach {quoted(tmp_path / 'copy.duckdb')} as copy")
            con.execute("use copy")
            con.begin()
            con.execute("insert into warehouse.jobs values (2)")  # and nobody commits
    assert count(warehouse) == 1
    with open_warehouse(warehouse, read_only=True) as con:
        assert con.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)
        with pytest.raises(duckdb.Error, match="read-only"):
            con.execute("insert into jobs values (3)")


def test_an_error_is_over_with_the_connection_that_had_it(warehouse: Path) -> None:
    with pytest.raises(duckdb.Error, match="no_such_table"), open_warehouse(warehouse) as con:
        con.execute("insert into jobs values (2); from no_such_table")
    assert count(warehouse) == 2
    with pytest.raises(duckdb.Error), open_warehouse(warehouse.with_name("none"), read_only=True):
        pass
    with open_warehouse(warehouse) as con, open_warehouse(warehouse.with_name("another")) as other:
        other.execute("create table jobs as select 5 as id")
        assert con.execute("from jobs").fetchall() == [(1,), (2,)]
