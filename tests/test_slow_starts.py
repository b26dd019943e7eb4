"""A run of `deliver` whose process is too slow to start, in the product as `servicetitan-flow up` runs it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import psutil
import pytest

from orchestration.alerting.from_runs import run_alerts
from orchestration.cli.processes import LAST_WORDS, PATIENCE, command, running
from orchestration.sensors import IN_A_TICK
from pipelines.operations import open_operations, stamp, transaction
from pipelines.settings import Settings
from tests.simulator.flow_builder.receiver import Receiver
from tests.test_up import free_port

BOUND = 180.0  # seconds for each thing that is waited for; each takes a few on a machine at rest
GIVEN_UP_AFTER = 30  # seconds, by Dagster; usually 120
MANY = IN_A_TICK + 1  # fewer are posted without a run
BODY = b'{"type": "servicetitan.customer_state.changed", "timestamp": "2026-11-22T15:04:05Z", "data": {}}'


@pytest.fixture
def home(env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "dagster"


@pytest.fixture
def up(home: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:  # noqa: ARG001 (its variables)
    ports = ("--port", free_port(), "--actions-port", free_port())
    quiet = {
        "SYNC_CRON": "0 4 1 1 *",
        "CHANGE_SENSOR_SECONDS": "0",
        "DAGSTER_GRPC_TIMEOUT_SECONDS": str(GIVEN_UP_AFTER),
    }
    argv = command("servicetitan-flow", "up", *ports)
    with (
        (tmp_path / "up").open("wb") as said,
        running({"up": argv}, os.environ | quiet, said, PATIENCE + 2 * LAST_WORDS) as started,
    ):
        wait_for(lambda: b"daemon: ready" in (tmp_path / "up").read_bytes())
        yield started["up"]


def wait_for(comes: Callable[[], object]) -> None:
    deadline = time.monotonic() + BOUND
    while not comes():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def workers(up: subprocess.Popen[bytes]) -> set[psutil.Process]:
    """Processes of runs: what is forked off a code server's fork server. The tracker of locks, which that starts, is
    another program."""
    found: set[psutil.Process] = set()
    with suppress(psutil.NoSuchProcess):
        for process in psutil.Process(up.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                parent = process.parent()
                if parent and all("forkserver" in " ".join(one.cmdline()) for one in (parent, process)):
                    found.add(process)
    return found


@pytest.mark.prove
def test_one_that_hangs_is_made_up_for_and_is_over(
    up: subprocess.Popen[bytes], home: Path, receiver: Receiver, settings: Settings
) -> None:
    with dg.DagsterInstance.from_config(str(home)) as instance:

        def delivers(status: dg.DagsterRunStatus) -> list[dg.DagsterRun]:
            return [*instance.get_runs(dg.RunsFilter(job_name="deliver", statuses=[status]))]

        with open_operations(settings.operations) as con, transaction(con):  # all at once, for the sensor watches
            con.executemany(
                "insert into deliveries"
                " (webhook_id, kind, tenant_id, customer_id, told_state, body, created_at, status)"
                " values (?, 'changed', 1, ?, 2.0, ?, ?, 'pending')",
                [(str(number), number, BODY, stamp(datetime.now(UTC))) for number in range(MANY)],
            )
        wait_for(lambda: workers(up))
        [hangs] = workers(up)  # it begins to import the definitions
        hangs.send_signal(signal.SIGSTOP)
        try:
            wait_for(lambda: delivers(dg.DagsterRunStatus.FAILURE))
            [(_, trouble)] = run_alerts(instance, ["deliver"])
            assert "it did not start in time, and did nothing" in trouble.what
            wait_for(lambda: len(receiver.received) == MANY and delivers(dg.DagsterRunStatus.SUCCESS))
        finally:
            hangs.send_signal(signal.SIGCONT)
        [made_up] = delivers(dg.DagsterRunStatus.SUCCESS)
        assert made_up.tags["instead of"] in {run.run_id for run in delivers(dg.DagsterRunStatus.FAILURE)}
        assert not list(run_alerts(instance, ["deliver"])), "nothing stays red for what has healed"
        wait_for(lambda: not hangs.is_running())
        assert len(receiver.received) == MANY, "the one that comes after all does nothing"
