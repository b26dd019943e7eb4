"""What goes wrong outside of our hands: one clear message with the way out, at the terminal and in the failed run."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from click.testing import CliRunner, Result

from orchestration.alerting.from_runs import reason
from orchestration.cli.main import main
from pipelines.analytics.publish import is_published
from pipelines.diagnostics import known_error
from pipelines.flow_builder.enqueue import Enqueued
from pipelines.operations import OperationsError, open_operations
from pipelines.servicetitan.api.rate_limit import RateLimiter
from pipelines.servicetitan.load.sync_log import read_bookmarks
from pipelines.settings import ConfigurationError, Settings
from tests.flow_builder.line import Line
from tests.flow_builder.marts import Marts

GARBAGE = b"neither DuckDB's nor SQLite's; " * 1000
HOLD = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
Run = Callable[..., Result]


@pytest.fixture
def run(env: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DAGSTER_HOME", str(settings.data_dir / "dagster"))
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(main, arguments)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Open in another process, to write."""
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.communicate()


def failed(result: Result) -> str:
    """The one line that a command ended with."""
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return result.output.splitlines()[-1]


def test_a_warehouse_that_another_program_holds(run: Run, settings: Settings) -> None:
    duckdb.connect(settings.warehouse).close()
    with held(settings.warehouse):
        said = failed(run("sync"))
    assert said.startswith(f"Error: sync failed: {settings.warehouse} is open in another program (PID ")
    assert "close it there" in said
    with dg.DagsterInstance.get() as instance:
        [record] = instance.get_run_records()
        assert f"sync failed: {reason(instance, record.dagster_run.run_id)}" in said


def cut_off(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(400_000)


def overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(300_000)
        file.write(GARBAGE * 20)


def swapped(path: Path) -> None:
    path.write_bytes(GARBAGE)


@pytest.mark.parametrize("damage", [cut_off, overwritten, swapped])
def test_a_warehouse_that_is_damaged(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create table numbers as select range as number, hash(range) as digest from range(200000)")
    damage(path)
    with pytest.raises(duckdb.Error) as error, duckdb.connect(path, read_only=True) as con:
        con.execute("select sum(digest) from numbers")
    said = str(known_error(error.value, path))
    assert said.startswith(f"{path} is damaged, or not DuckDB's: IO Error: ")
    assert "put a back-up in its place; or move it away: the next sync then loads everything anew" in said


def test_a_warehouse_that_was_filled_anew_sends_nothing_twice(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.marts.enters(2.0)
    assert line.sync().sent == 1
    line.marts = Marts()
    line.marts.enters(2.0, is_baseline=True)
    line.marts.enters(3.0, is_baseline=True)
    assert line.sync() == Enqueued(), "nothing was told, and what waited is history by now"
    assert [(row.status, row.reason) for row in line.rows()] == [("not_sent", "superseded")]


def test_what_was_canceled_unsent_and_is_history_in_a_warehouse_filled_anew_is_not_told(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.marts.retract(line.marts.enters(1.0))
    booked = line.marts.enters(2.0)
    line.sync()
    line.marts.retract(booked)
    assert line.sync().canceled == 1
    line.marts = Marts()
    line.marts.enters(2.0, is_baseline=True)
    line.marts.enters(3.0, is_baseline=True)
    assert line.sync() == Enqueued()


def test_a_warehouse_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create table sales as select 1 as id")
    with pytest.raises(ConfigurationError, match=r"WAREHOUSE_PATH: found .*theirs.duckdb, which holds tables of somet"):
        read_bookmarks(path)


def test_a_copy_for_analysts_that_cannot_be_read_is_published_anew(
    tmp_path: Path, run: Run, settings: Settings
) -> None:
    settings.analytics.write_bytes(GARBAGE)
    assert not is_published(settings.analytics, None, "version")
    assert "the next sync publishes it anew" in failed(run("customer", "socal", "1"))
    theirs = tmp_path / "held.duckdb"
    duckdb.connect(theirs).close()
    with held(theirs):
        assert not is_published(theirs, None, "version"), "an analyst who opened it to write blocks nobody"


def test_a_budget_that_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "budget.sqlite").write_bytes(GARBAGE)
    with pytest.raises(OperationsError, match=r"budget\.sqlite: file is not a database; .* delete this file"):
        RateLimiter(tmp_path / "budget.sqlite")


def test_records_of_dagster_that_are_damaged(run: Run, settings: Settings) -> None:
    runs = settings.data_dir / "dagster" / "history" / "runs.db"
    runs.parent.mkdir(parents=True)
    runs.write_bytes(GARBAGE)
    said = failed(run("sync"))
    assert said.startswith(f"Error: sync failed: Dagster's records in {settings.data_dir / 'dagster'} cannot be used")
    assert "move that folder away" in said


def test_an_operations_file_of_another_program(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "theirs.sqlite") as con:
        con.execute("create table deliveries (parcel text)")
    with (
        pytest.raises(OperationsError, match="this is another program's file"),
        open_operations(tmp_path / "theirs.sqlite"),
    ):
        pass


def test_an_operations_file_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(OperationsError, match="is a folder, and a file belongs there"), open_operations(tmp_path):
        pass


def test_a_data_folder_that_is_a_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file"))
    assert "a folder belongs there" in failed(run("deliver"))


def no_room_for_a_file() -> None:
    Path("/dev/full").write_text("x")


def no_room_for_sqlite() -> None:
    with sqlite3.connect(":memory:") as con:
        con.execute("pragma max_page_count = 2")
        con.execute("create table t as select zeroblob(1000000)")


def no_room_for_duckdb() -> None:
    with duckdb.connect() as con:
        con.execute("copy (select range from range(1000000)) to '/dev/full' (format csv)")


@pytest.mark.parametrize("write", [no_room_for_a_file, no_room_for_sqlite, no_room_for_duckdb])
def test_a_disk_that_is_full(write: Callable[[], None]) -> None:
    with pytest.raises(Exception) as error:  # noqa: PT011  # three libraries' own
        write()
    told = known_error(error.value, Path("warehouse.duckdb"))
    assert str(told).startswith("the disk is full: ")
    assert str(told).endswith("make room on the disk, then run this again; nothing was lost")


def test_an_error_of_our_own_keeps_its_words() -> None:
    assert known_error(ValueError("the disk is round"), Path("warehouse.duckdb")) is None


def test_a_budget_of_the_future_holds_nobody_up(tmp_path: Path) -> None:
    now = 1_800_000_000.0
    ahead = RateLimiter(tmp_path / "budget.sqlite", lambda: now + 86_400)
    for _ in range(10):
        ahead.acquire(1)
    assert RateLimiter(tmp_path / "budget.sqlite", lambda: now).acquire(1) < 1


def ring() -> Exception:
    """As `raise` makes it inside `except`: each is the other's reason."""
    first, second = ValueError("the first"), OSError(28, "No space left on device")
    first.__context__, second.__cause__ = second, first
    return first


def test_errors_that_are_each_others_reason_are_looked_through_once() -> None:
    assert "the disk is full" in str(known_error(ring(), Path("warehouse.duckdb")))
    assert known_error(ExceptionGroup("several", [ring(), ValueError()]), Path("warehouse.duckdb"))
