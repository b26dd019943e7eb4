"""How long a change in ServiceTitan takes to its POST: ``python -m tests.bench.latency [--changes N] [--every S]``.

`servicetitan-flow up` runs as it does for real, with its defaults, over a stand-in ServiceTitan with two tenants whose
baseline stands. New customers with a lead come at random moments, whether the one before is told yet or not.
"""

import argparse
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import httpx

from orchestration.cli.processes import LAST_WORDS, PATIENCE, command, running
from tests.bench.measures import report
from tests.simulator.clock import OffsetClock
from tests.simulator.environment import SIGNING_SECRET, environment
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.office.history import seed_history
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World
from tests.test_up import free_port

CUSTOMERS = 150  # per tenant
PARTS = ("until it is seen", "until its sync runs", "until it is enqueued", "until the POST")
LONGEST = 180.0  # seconds that anything is waited for
RUNS = """
{ runsOrError(filter: {pipelineName: "sync", statuses: [SUCCESS]}, limit: 1000) {
    ... on Runs { results { creationTime startTime endTime } } } }
"""
SENSORS = """
query ($name: String!) { sensorOrError(sensorSelector: {
    repositoryLocationName: "servicetitan-flow", repositoryName: "__repository__", sensorName: $name
}) { ... on Sensor { sensorState { ticks(limit: 1) { status } } } } }
"""


class Run(NamedTuple):
    """Moments of a sync, in seconds of the epoch."""

    created: float
    started: float
    ended: float


class Product:
    """`servicetitan-flow up`, and Flow Builder's ear."""

    def __init__(self, world: World, receiver: Receiver, outbox: Path, dagster: str) -> None:
        self.world, self.receiver, self.outbox = world, receiver, outbox
        self.http = httpx.Client(base_url=dagster, trust_env=False, timeout=30)

    def wait_until_sensors_tick(self) -> None:
        deadline = time.monotonic() + LONGEST
        while not all(self.ticks(name) for name in ("change_sensor", "deliver_sensor")):
            if time.monotonic() > deadline:
                raise SystemExit(f"the sensors have not ticked after {LONGEST:.0f} s")
            time.sleep(1)

    def ticks(self, name: str) -> bool:
        try:
            answer = self.http.post("/graphql", json={"query": SENSORS, "variables": {"name": name}}).json()
            return bool(answer["data"]["sensorOrError"]["sensorState"]["ticks"])
        except (httpx.HTTPError, KeyError, ValueError):
            return False

    def runs(self) -> list[Run]:
        results = self.http.post("/graphql", json={"query": RUNS}).json()["data"]["runsOrError"]["results"]
        return [Run(one["creationTime"], one["startTime"], one["endTime"]) for one in results]

    def change(self, number: int) -> int:
        """The customer's id."""
        company = list(self.world.companies.values())[number % 2]
        with self.world.lock:
            customer = company.add_customer(f"Ada Moss {number}", email=f"ada{number}@mail.example.net")
            company.add_lead(customer)
        return customer

    def enqueued(self) -> dict[int, float]:
        """When each customer's first message was put into the outbox."""
        with closing(sqlite3.connect(self.outbox)) as con:
            found = con.execute("select customer_id, min(created_at) from deliveries group by customer_id").fetchall()
        return {customer: datetime.fromisoformat(created_at).timestamp() for customer, created_at in found}

    def told(self) -> dict[int, float]:
        """When each customer's first message came."""
        found: dict[int, float] = {}
        for one in self.receiver.delivered():
            found.setdefault(one.body["data"]["customer_id"], datetime.fromisoformat(one.received_at).timestamp())
        return found


@contextmanager
def product() -> Iterator[Product]:
    world = World(clock=OffsetClock())
    seed_history(world, customers=CUSTOMERS)
    simulator, receiver, port = ServiceTitan(world), Receiver([SIGNING_SECRET]), free_port()
    with run_server(simulator.app) as url, run_server(receiver.app) as hook, tempfile.TemporaryDirectory() as name:
        env = os.environ | environment(simulator, url, Path(name), f"{hook}/trigger")
        env |= {"DAGSTER_HOME": f"{name}/dagster", "DAGSTER_URL": f"http://127.0.0.1:{port}"}
        subprocess.run(command("servicetitan-flow", "sync"), env=env, check=True, stdout=subprocess.DEVNULL)
        up = {"up": command("servicetitan-flow", "up", "--port", port, "--actions-port", free_port())}
        with (Path(name) / "up").open("wb") as output, running(up, env, output, PATIENCE + 2 * LAST_WORDS):
            served = Product(world, receiver, Path(name) / "operations.sqlite", env["DAGSTER_URL"])
            served.wait_until_sensors_tick()
            yield served


def measure(served: Product, count: int, every: float) -> dict[int, float]:
    """When each customer came; all are told."""
    moments, came = random.Random(1), dict[int, float]()
    for number in range(count):
        time.sleep(moments.expovariate(1 / every))
        came[served.change(number)] = datetime.now(UTC).timestamp()
    deadline = time.monotonic() + LONGEST
    while came.keys() - served.told().keys() and time.monotonic() < deadline:
        time.sleep(0.5)
    if lost := came.keys() - served.told().keys():
        raise SystemExit(f"{len(lost)} of {count} changes were not told within {LONGEST:.0f} s")
    return came


def parts(came: float, enqueued: float, told: float, runs: Sequence[Run]) -> list[float]:
    """Seconds of each of PARTS; none where no run is on record that enqueued then."""
    run = next((one for one in runs if one.created <= enqueued < one.ended), None)
    if run is None:
        return []
    seen = max(came, run.created)
    started = max(seen, run.started)
    return [seen - came, started - seen, enqueued - started, told - enqueued]


def bench(count: int, every: float) -> None:
    with product() as served:
        time.sleep(every)
        came = measure(served, count, every)
        enqueued, told, runs = served.enqueued(), served.told(), served.runs()
    times = [told[one] - moment for one, moment in came.items()]
    split = [found for one, moment in came.items() if (found := parts(moment, enqueued[one], told[one], runs))]
    for name, column in zip(PARTS, zip(*split, strict=True), strict=False):
        print(f"{name:24} {statistics.mean(column):6.1f} s on average, {max(column):6.1f} s at most", flush=True)
    if split:
        report("latency_probe", statistics.mean(one[0] for one in split))
    report("latency_median", statistics.median(times))
    report("latency_p95", statistics.quantiles(times, n=20, method="inclusive")[18])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--every", type=float, default=20, help="seconds from one to the next, on average")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and all that it started ends
    bench(asked.changes, asked.every)


if __name__ == "__main__":
    main()
