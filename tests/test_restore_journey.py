"""A day on which everything was lost: the commands that an operator runs, against the stand-in world."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from orchestration.cli.main import main
from pipelines.settings import Settings
from tests.simulator.clock import OffsetClock
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.world import World

Run = Callable[..., str]


@pytest.fixture
def world() -> World:
    """In real time, so that what happens is fresh."""
    return World(clock=OffsetClock())


@pytest.fixture
def run(env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    def invoke(*arguments: str) -> str:
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        return result.output

    return invoke


@pytest.mark.prove
def test_after_a_restore_nothing_is_lost_and_nothing_is_sent_twice_by_itself(
    world: World, settings: Settings, receiver: Receiver, run: Run, tmp_path: Path
) -> None:
    socal = world["socal"]
    customer = socal.add_customer("Ada Moss")
    run("sync")
    run("backup", str(tmp_path / "backup"))

    visit = socal.book_job(customer, "sales")
    run("sync")
    run("deliver")
    assert states(receiver) == [2.0]
    for path in (settings.warehouse, settings.operations_file):
        path.unlink()
    shutil.rmtree(settings.data_dir / "dlt")

    run("restore", str(tmp_path / "backup"))
    socal.create_estimate(job_id=visit)
    assert "1 held" in run("sync")
    run("deliver")
    assert states(receiver) == [2.0], "the estimate waits for the appointment, and that for a person"
    [held] = orjson.loads(run("deliveries", "--status", "held", "--json"))
    run("cancel", held["webhook_id"], "--reason", "Flow Builder has it")
    run("deliver")
    assert states(receiver) == [2.0], "a sync decides first what is so without the one that was canceled"
    run("sync", "--as-of", (world.now() + timedelta(hours=3)).isoformat())
    run("deliver")
    assert states(receiver) == [2.0, 3.0]

    figures = run("report").splitlines()
    assert [line.split("  ")[0] for line in figures if line.endswith("0") and "100%" in line] == [
        "Entered",
        "Sales Appointment Booked",
        "Estimates Created",
    ]
    assert "Ada" not in "".join(figures)


def states(receiver: Receiver) -> list[float]:
    return [one.body["data"]["to_state"] for one in receiver.received]
