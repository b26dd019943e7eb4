"""The three stores under names that people give their files, and moved from one to the next."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.instance.home import dagster_home
from pipelines.settings import ConfigurationError, Settings
from tests.simulator.clock import OffsetClock
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.world import World

STORES = ("WAREHOUSE_PATH", "ANALYTICS_PATH", "OPERATIONS_PATH")
NAMES = ["store.duckdb", "warehouse.v2.duckdb", """it's "my" store; 1#2?3%41 [x]*.duckdb""", "склад 仓库 🏠"]
Name = Callable[[str], list[Path]]


@pytest.fixture
def world() -> World:
    """In real time, so that what happens is fresh."""
    return World(clock=OffsetClock())


@pytest.fixture
def named(env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Name:
    """Moves the stores to files of that name, each in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for variable, value in env.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    before: list[Path] = []

    def move(name: str) -> list[Path]:
        files = [tmp_path / store.lower() / name for store in STORES]
        for store, old, new in zip(STORES, before or files, files, strict=True):
            new.parent.mkdir(exist_ok=True)
            if old.exists():
                old.rename(new)
            monkeypatch.setenv(store, str(new))
        before[:] = files
        return files

    return move


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def booked(world: World) -> Iterator[int]:
    while True:
        customer = world["socal"].add_customer("Ada Moss")
        world["socal"].book_job(customer, "sales")
        yield customer


@pytest.mark.prove
def test_sync_after_sync_works_under_any_name_and_after_a_move(world: World, receiver: Receiver, named: Name) -> None:
    new_customer = booked(world)
    named(NAMES[0])
    assert "0 sent" in run("sync")
    for name in NAMES:
        warehouse, analytics, operations = named(name)
        customer = next(new_customer)
        assert "1 sent" in run("sync"), name
        assert "1 delivered" in run("deliver")
        assert "Sales Appointment Booked" in run("customer", "socal", str(customer))
        with duckdb.connect(analytics, read_only=True) as analyst:
            found = analyst.execute("select max(servicetitan_customer_id) from marts.customer_servicetitan_state")
            assert found.fetchall() == [(customer,)]
        assert warehouse.exists()
        assert operations.exists()
    assert len(receiver.received) == len(NAMES)
    run("backup", "back-up")
    run("restore", "back-up", "--replace")
    assert "0 sent" in run("sync")


def test_a_folder_that_dagster_cannot_read_is_refused(
    env: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    odd = settings.model_copy(update={"data_dir": Path(env["DATA_DIR"]) / "50% of [all]"})
    with pytest.raises(ConfigurationError, match=r"DAGSTER_HOME: found .*50% of \[all\].* without % \[ in its path"):
        dagster_home(odd)
