"""Two shards as they are run: a tenant and a DATA_DIR each, syncs again and again, and customers who go their ways."""

import os
import random
import subprocess
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

from orchestration.cli.main import INCOMPLETE
from orchestration.cli.processes import command
from tests.servers.postgres import free_port
from tests.simulator.environment import environment
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

STEP = 0.1  # seconds between two steps of anybody
REST = 1.5  # seconds that a customer rests: two events of one second have no order
A_SYNC, A_LIFE = 240.0, 1200.0  # seconds

Step = tuple[float, Callable[[], Any]]


class Endpoint:
    """Flow Builder on a port that it keeps, gone and back."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver, self.port, self._up = receiver, free_port(), ExitStack()
        receiver.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._up.enter_context(run_server(self.receiver.app, self.port))

    def stop(self) -> None:
        self._up.close()


class Shard:
    def __init__(self, name: str, company: Company, env: Mapping[str, str]) -> None:
        self.name, self.company, self.env = name, company, env
        self.data = Path(env["DATA_DIR"])

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A command of the product; whatever its exit status."""
        return subprocess.run(
            command("servicetitan-flow", *arguments),
            env=self.env,
            cwd=self.data,
            capture_output=True,
            text=True,
            timeout=A_SYNC,
            check=False,
        )

    def does(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def shard(name: str, simulator: ServiceTitan, tenant: str, folder: Path, receiver: Receiver, **more: str) -> Shard:
    """With that tenant alone; its DATA_DIR is made."""
    [other] = [one.name for one in simulator.world.companies.values() if one.name != tenant]
    data = folder / name
    data.mkdir(parents=True)
    known = environment(simulator, simulator.url, data, f"{receiver.url}/trigger", without=other)
    own = {"PATH": os.environ["PATH"], "SHARD": name, "DAGSTER_HOME": str(data / "dagster"), **more}
    return Shard(name, simulator.world[tenant], known | own)


class Syncs(Thread):
    """One after the other, as a supervisor has it, until told to end. ``statuses``: of those that have ended."""

    def __init__(self, shard: Shard) -> None:
        super().__init__(daemon=True)
        self.shard, self.over, self.statuses = shard, Event(), list[int]()
        self.process: subprocess.Popen[bytes] | None = None
        self.seconds = 1.0  # that the last one took which came through

    @property
    def through(self) -> int:
        """How many have come through, to the outbox at least."""
        return sum(self.statuses.count(status) for status in (0, INCOMPLETE))

    def run(self) -> None:
        argv, folder = command("servicetitan-flow", "sync"), self.shard.data
        with (folder / "syncs.log").open("ab") as log:
            while not self.over.is_set():
                began = monotonic()
                self.process = subprocess.Popen(argv, env=self.shard.env, cwd=folder, stdout=log, stderr=log)
                self.statuses.append(self.process.wait(A_SYNC))
                if self.statuses[-1] in (0, INCOMPLETE):
                    self.seconds = monotonic() - began

    def kill(self) -> None:
        if self.process:
            self.process.kill()

    def end(self) -> None:
        self.over.set()
        self.join(A_SYNC)
        assert not self.is_alive()


def whole_way(company: Company, customer: int) -> list[Step]:
    """What happens at the company, and the state that it must lead to."""
    made: dict[str, int] = {}

    def remember(name: str, verb: Callable[..., int], *arguments: Any) -> Callable[[], None]:
        return lambda: made.update({name: verb(*arguments)})

    return [
        (1.0, lambda: company.add_lead(customer)),
        (2.0, remember("visit", company.book_job, customer, "sales")),
        (2.5, lambda: company.cancel_job(made["visit"])),
        (2.0, remember("visit", company.book_job, customer, "sales")),
        (3.0, lambda: made.update(estimate=company.create_estimate(job_id=made["visit"]))),
        (4.0, lambda: company.sell(made["estimate"])),
        (5.0, remember("install", company.book_job, customer, "install")),
        (6.0, lambda: company.complete_job(made["install"])),
    ]


class Lives(Thread):
    """Everybody's steps, in an order of the dice's; between two of a customer there may be a sync, or two, or none.
    ``led``: by tenant and customer, the states that must be told."""

    def __init__(
        self, world: World, customers: Mapping[str, list[int]], syncs: list[Syncs], dice: random.Random
    ) -> None:
        super().__init__(daemon=True)
        self.world, self.dice = world, dice
        self.syncs = {one.shard.company.tenant_id: one for one in syncs}
        companies = [(world[name], one) for name, all in customers.items() for one in all]
        ways = {(company.tenant_id, one): whole_way(company, one) for company, one in companies}
        self.left = {key: [happens for _, happens in way] for key, way in ways.items()}
        self.led = {key: [state for state, _ in way] for key, way in ways.items()}
        self.ready = dict.fromkeys(ways, (0.0, 0))  # from which moment on, and after how many syncs

    def run(self) -> None:
        pause = Event()
        while self.left:
            pause.wait(STEP)
            if able := [key for key in self.left if self.is_ready(key)]:
                self.step(self.dice.choice(able))

    def is_ready(self, key: tuple[int, int]) -> bool:
        moment, syncs = self.ready[key]
        return monotonic() >= moment and self.syncs[key[0]].through >= syncs

    def step(self, key: tuple[int, int]) -> None:
        with self.world.lock:
            self.left[key].pop(0)()
        self.ready[key] = monotonic() + REST, self.syncs[key[0]].through + self.dice.choice([0, 1, 1, 2])
        if not self.left[key]:
            del self.left[key]

    def end(self) -> None:
        self.join(A_LIFE)
        assert not self.is_alive()
        assert not self.left
