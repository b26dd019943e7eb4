"""`servicetitan-flow deliver --watch`, each in a process of its own, as a supervisor starts and ends it."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from orchestration.cli.processes import command
from tests.flow_builder.line import Line, address_of
from tests.simulator.environment import SIGNING_SECRET

BOUND = 60.0  # seconds that one waits for something


class Worker:
    """``said``: all that it has said."""

    def __init__(self, env: Mapping[str, str], folder: Path, number: int) -> None:
        self.env = env
        self.log = folder / f"worker_{number}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command("servicetitan-flow", "deliver", "--watch"), env=env, cwd=folder, stdout=log, stderr=log
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.said
        return "posts what becomes due" in self.said

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(BOUND)

    def ends(self, how: int = signal.SIGTERM) -> int:
        """Its exit status."""
        self.process.send_signal(how)
        return self.process.wait(BOUND)


class Workers:
    """As many as are wanted; with the end of the test they end."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.all = folder, list[Worker]()

    def start(self, env: Mapping[str, str]) -> Worker:
        """One that is not ready yet."""
        self.all.append(Worker(env, self.folder, len(self.all) + 1))
        return self.all[-1]

    def ready(self, *envs: Mapping[str, str]) -> list[Worker]:
        started = [self.start(env) for env in envs]
        within(lambda: all(one.is_ready() for one in started))
        return started


@contextmanager
def workers(folder: Path) -> Iterator[Workers]:
    folder.mkdir(exist_ok=True)
    crew = Workers(folder)
    try:
        yield crew
    finally:
        for one in crew.all:
            one.kill()


def env_of(line: Line) -> dict[str, str]:
    """What a worker needs to know: nothing of ServiceTitan's tenants."""
    settings = line.settings
    return {
        "PATH": os.environ["PATH"],
        "SERVICETITAN_APP_KEY": "key",
        "DATA_DIR": str(settings.data_dir),
        "OPERATIONS_URL": address_of(settings) or "",
        "SHARD": settings.shard,
        "FLOW_BUILDER_TRIGGER_URL": settings.flow_builder_trigger_url or "",
        "FLOW_BUILDER_SIGNING_SECRETS": SIGNING_SECRET,
    }


def within(holds: Callable[[], bool], seconds: float = BOUND) -> None:
    """Fails where it does not come to hold."""
    end = monotonic() + seconds
    while not holds():
        assert monotonic() < end, f"not so after {seconds} s"
        sleep(0.02)
