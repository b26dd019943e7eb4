"""Enqueue and delivery in processes of their own, that die, stall or find the disk full where a test says."""

import multiprocessing
import os
import resource
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from time import monotonic, sleep

import duckdb

from pipelines.flow_builder.deliver import deliver
from pipelines.flow_builder.enqueue import enqueue
from pipelines.flow_builder.failpoints import VARIABLE
from pipelines.operations import OperationsError
from tests.flow_builder.line import settings_for

BOUND = 30.0  # seconds that a process may take
STORE_FAILED = 7

# A server that has imported everything forks each process in milliseconds.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["tests.flow_builder.processes", "tests.flow_builder.simulation.simulation", "orchestration.instance.frozen"]
)


@dataclass(frozen=True)
class Job:
    """What a process does, under a clock that stands. ``failpoint``: ``name:signal:nth``."""

    data_dir: Path
    now: datetime
    trigger_url: str = ""
    warehouse: Path | None = None
    failpoint: str = ""
    most_bytes: int = 0
    operations_url: str | None = None

    def clock(self) -> datetime:
        return self.now + timedelta(minutes=self.minute_has_passed.exists())

    @property
    def minute_has_passed(self) -> Path:
        """A file that moves the process's clock by a minute."""
        return self.data_dir / "minute_has_passed"


def start(work: Callable[[Job], None], job: Job) -> ForkServerProcess:
    process = CONTEXT.Process(target=run, args=(work, job), daemon=True)  # it ends with the tests at the latest
    process.start()
    return process


def exit_code(work: Callable[[Job], None], job: Job) -> int | None:
    """A negative one is the signal that ended the process."""
    return ended(start(work, job))


def ended(process: ForkServerProcess) -> int | None:
    process.join(BOUND)
    if process.is_alive():
        process.kill()
        raise TimeoutError(f"still running after {BOUND} s")
    return process.exitcode


def stopped(process: ForkServerProcess) -> ForkServerProcess:
    """Once it has stopped itself; it is no child of ours, so that the system must be asked."""
    end = monotonic() + BOUND
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        if monotonic() > end:
            process.kill()
            raise TimeoutError(f"not stopped after {BOUND} s")
        sleep(0.01)
    return process


def run(work: Callable[[Job], None], job: Job) -> None:
    if job.failpoint:
        os.environ[VARIABLE] = job.failpoint
    if job.most_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job.most_bytes, job.most_bytes))
    try:
        work(job)
    except OperationsError:
        raise SystemExit(STORE_FAILED) from None


def enqueueing(job: Job) -> None:
    with duckdb.connect(job.warehouse or ":memory:") as con:
        con.execute("set TimeZone = 'UTC'")
        enqueue(con, settings_for(job.data_dir, operations_url=job.operations_url), job.clock())


def delivering(job: Job) -> None:
    where = {"flow_builder_trigger_url": job.trigger_url, "operations_url": job.operations_url}
    deliver(settings_for(job.data_dir, **where), job.clock)
