"""What ticks cost while nothing happens: ``python -m tests.bench.ticks [--runs N] [--idle SECONDS]``.

Dagster's webserver and daemon run as they do for real, over a stand-in ServiceTitan with two tenants. Idle syncs, and
runs of a job that does nothing as Dagster starts them when left to itself, take turns. Then `servicetitan-flow up` is
left alone, with and without its change sensor, and beside it Dagster's own three with an empty code location, all at
the same time. CPU is that of the processes and of all that they started.
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from orchestration.cli.processes import LAST_WORDS, PATIENCE, Process, command, running
from orchestration.cli.up import MODULE, serving_code
from pipelines.settings import LOCATION
from tests.bench.measures import report
from tests.simulator.environment import SIGNING_SECRET, environment
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.office.history import seed_history
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World
from tests.test_up import free_port

ROOT = Path(__file__).parents[2]
CUSTOMERS = 150  # per tenant
NOTHING = "nothing"
PROGRAMS = {
    "code server": " api grpc ",
    "webserver": "dagster-webserver",
    "daemon": "dagster-daemon",
    "actions API": "servicetitan-flow serve",
    "up": "servicetitan-flow up",
}
LAUNCH = """
mutation ($selector: JobOrPipelineSelector!) {
  launchRun(executionParams: {selector: $selector, runConfigData: {}}) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}
"""
RUN = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status creationTime endTime } } }"
LOCATIONS = "{ repositoriesOrError { ... on RepositoryConnection { nodes { location { name } } } } }"
JOBS = {"an idle sync": ("servicetitan-flow", "sync"), "a run that does nothing": (NOTHING, "nothing")}


class Dagster:
    """A webserver and a daemon, and what they have cost so far."""

    def __init__(self, url: str, processes: list[Process]) -> None:
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=60)
        self.processes = processes

    def ask(self, query: str, **variables: Any) -> Any:
        answer = self.http.post("/graphql", json={"query": query, "variables": variables}).raise_for_status().json()
        return answer["data"] if "errors" not in answer else {}

    def wait_until_it_is_loaded(self) -> None:
        for _ in range(240):
            try:
                locations = str(self.ask(LOCATIONS))
                if all(location in locations for location, _ in JOBS.values()):
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.5)
        raise SystemExit("Dagster has not loaded its code after two minutes")

    def run(self, location: str, job: str) -> float:
        """Seconds from its creation to its end."""
        selector = {"repositoryLocationName": location, "repositoryName": "__repository__", "jobName": job}
        answer = self.ask(LAUNCH, selector=selector)["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        run_id = answer["run"]["runId"]
        while True:
            run = self.ask(RUN, id=run_id)["runOrError"]
            if run["status"] in ("SUCCESS", "FAILURE", "CANCELED"):
                assert run["status"] == "SUCCESS", run
                return float(run["endTime"] - run["creationTime"])
            time.sleep(0.5)

    def cpu(self) -> float:
        return cpu(self.processes)


def cpu(processes: Iterable[Process]) -> float:
    """Seconds, of them and of all that they started."""
    return by_program(processes).total()


def spent_by(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:4])


def by_program(processes: Iterable[Process], figure: Callable[[psutil.Process], float] = spent_by) -> Counter[str]:
    """The same, or another figure, by those of PROGRAMS; what one of them started is its own."""
    found: Counter[str] = Counter()

    def add(process: psutil.Process, program: str) -> None:
        with suppress(psutil.NoSuchProcess):
            words = " ".join(process.cmdline())
            program = next((name for name, word in PROGRAMS.items() if word in words), program)
            found[program] += figure(process)  # type: ignore[assignment]
            for child in process.children():
                add(child, program)

    for one in processes:
        add(psutil.Process(one.pid), "others")
    return found


@contextmanager
def dagster(env: Mapping[str, str], folder: Path) -> Iterator[Dagster]:
    port = free_port()
    where = ("-w", str(folder / "workspace.yaml"))
    nothing = folder / f"{NOTHING}.sock"
    commands = {
        **serving_code({LOCATION: MODULE}, folder),
        NOTHING: command("dagster", *f"api grpc --socket {nothing} --module-name tests.bench.nothing".split()),
        "webserver": command("dagster-webserver", *where, "-p", port),
        "daemon": command("dagster-daemon", "run", *where),
    }
    with (folder / "workspace.yaml").open("a") as workspace:
        workspace.write(f"  - grpc_server: {{socket: '{nothing}', location_name: '{NOTHING}'}}\n")
    with (folder / "log").open("ab") as output, running(commands, env, output) as started:
        dagster = Dagster(f"http://127.0.0.1:{port}", list(started.values()))
        dagster.wait_until_it_is_loaded()
        yield dagster


def measure_runs(product: Dagster, runs: int) -> None:
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in JOBS}
    for turn in range(runs + 1):
        for name, job in JOBS.items():
            before = product.cpu()
            seconds = product.run(*job)
            time.sleep(3)  # until its process is gone, and counted
            if turn:  # the first one warms up
                figures[name].append((seconds, product.cpu() - before))
    medians = {
        name: [statistics.median(column) for column in zip(*found, strict=True)] for name, found in figures.items()
    }
    for name, (seconds, cpu) in medians.items():
        print(
            f"{name:24} {seconds:5.1f} s from its creation to its end, {cpu:5.1f} s CPU (medians of {runs})", flush=True
        )
    (idle, idle_cpu), (nothing, nothing_cpu) = medians.values()
    report("idle_run", idle / nothing)
    report("idle_run_cpu", idle_cpu / nothing_cpu)
    report("idle_run_own_seconds", idle)
    report("idle_run_own_cpu", idle_cpu)


def measure_idle(env: dict[str, str], folder: Path, seconds: int) -> None:
    with ExitStack() as stack:
        alone = {
            "with its change sensor": up(env | {"CHANGE_SENSOR_SECONDS": ""}, folder / "with"),
            "without its change sensor": up(env | {"CHANGE_SENSOR_SECONDS": "0"}, folder / "without"),
            "Dagster alone": bare_dagster(env, folder / "bare"),
        }
        processes = {name: stack.enter_context(started) for name, started in alone.items()}
        time.sleep(60)  # until they have started
        before = {name: by_program(those) for name, those in processes.items()}
        time.sleep(seconds)
        spent = {name: by_program(those) - before[name] for name, those in processes.items()}
        ended = [name for name, those in processes.items() for one in those if one.poll() is not None]
    if ended:
        raise SystemExit(f"ended by themselves: processes of {', '.join(ended)}")
    hourly = {name: found.total() * 3600 / seconds for name, found in spent.items()}
    for name, found in spent.items():
        parts = ", ".join(f"{program} {one * 3600 / seconds:,.0f}" for program, one in found.items())
        print(f"left alone, {name}: {hourly[name]:,.0f} s CPU an hour: {parts}", flush=True)
    report("idle", hourly["with its change sensor"] / hourly["Dagster alone"])
    report("idle_hourly", hourly["with its change sensor"])


@contextmanager
def up(env: dict[str, str], folder: Path) -> Iterator[Collection[Process]]:
    """Everything, with data of its own."""
    env = env | {"DATA_DIR": str(folder), "DAGSTER_HOME": str(folder / "dagster")}
    subprocess.run(command("servicetitan-flow", "sync"), env=env, check=True, stdout=subprocess.DEVNULL)
    argv = command("servicetitan-flow", "up", "--port", free_port(), "--actions-port", free_port())
    with (folder / "said").open("ab") as output, running({"up": argv}, env, output, PATIENCE + 2 * LAST_WORDS) as all_:
        yield all_.values()


@contextmanager
def bare_dagster(env: dict[str, str], folder: Path) -> Iterator[Collection[Process]]:
    """Webserver, daemon and code server, with our dagster.yaml and an empty code location."""
    home, code = folder / "dagster", folder / "empty.sock"
    home.mkdir(parents=True)
    shutil.copy(ROOT / "orchestration" / "dagster.yaml", home)
    (folder / "workspace.yaml").write_text(
        f"load_from:\n  - grpc_server: {{socket: '{code}', location_name: 'empty'}}\n"
    )
    serving = command("dagster", "api", "grpc", "--socket", str(code), "--module-name", "tests.bench.empty")
    where, env = ("-w", str(folder / "workspace.yaml")), env | {"DAGSTER_HOME": str(home)}
    watching = {
        "webserver": command("dagster-webserver", *where, "-p", free_port()),
        "daemon": command("dagster-daemon", "run", *where),
    }
    with (folder / "said").open("ab") as output:
        subprocess.run(command("dagster", "instance", "migrate"), env=env, check=True, stdout=output, stderr=output)
        with running({"code server": serving}, env, output) as served, running(watching, env, output) as others:
            yield [*served.values(), *others.values()]


def bench(runs: int, idle: int) -> None:
    world = World()
    seed_history(world, customers=CUSTOMERS)
    simulator = ServiceTitan(world)
    receiver = Receiver([SIGNING_SECRET])
    with run_server(simulator.app) as url, run_server(receiver.app) as hook, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = os.environ | environment(simulator, url, folder, f"{hook}/trigger")
        env |= {"DAGSTER_HOME": str(folder / "dagster"), "SYNC_CRON": "0 4 * * *", "CHANGE_SENSOR_SECONDS": "0"}
        env["PYTHONPATH"] = str(ROOT)
        subprocess.run(command("servicetitan-flow", "sync"), env=env, check=True, stdout=subprocess.DEVNULL)
        with dagster(env, folder) as product:
            measure_runs(product, runs)
        if idle:
            measure_idle(env, folder, idle)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--idle", type=int, default=300, help="seconds for which it is left alone; 0: not at all")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and all that it started ends
    bench(options.runs, options.idle)


if __name__ == "__main__":
    main()
