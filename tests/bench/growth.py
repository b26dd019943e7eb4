"""How cost grows: ``python -m tests.bench.growth [--customers N]… [--tenants N]…``.

Each line at each size, and how many times as much as at the size before. What shall not grow with the size says so
where it does. Seconds are CPU's, so that other work on the machine changes little, but for those on the wall.
``--customers`` are of twenty tenants; as many are the deliveries made so far, and twice as many those of the pages.
Memory is the most that a process of its own took; of what `servicetitan-flow up` started a minute ago, its share.
"""

import argparse
import multiprocessing
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

from orchestration.cli.processes import command
from pipelines.servicetitan.change_probe import ChangeProbe
from pipelines.settings import load_settings
from tests.bench import states
from tests.bench.console import measure_pages, served
from tests.bench.delivery import look
from tests.bench.measures import report
from tests.bench.ticks import by_program, up
from tests.simulator.catalogue import HEATING_AND_AIR
from tests.simulator.environment import environment
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Profile, World

CLICKS, LOOKS = 20, 20
ALIKE = 1.5  # times as much is no growth yet: some of the figures are milliseconds
GROWS = ("full derivation", "first publication", "memory", "disk", "on the wall")  # and may do so
SETTLES = 60  # seconds, until all of `up` has started
OPERATIONS = "operations.sqlite"
STORE = f"disk: {OPERATIONS}, two deliveries of each customer, MB"
Costs = dict[str, float]


def of_states(customers: int) -> Costs:
    found = states.bench(customers, "fill for many tenants")
    parts = {"full derivation": "ours", "first publication": "published"}
    for changes in states.CHANGES:
        parts[f"a tick with {changes:,} changes"] = f"{changes}"
        parts[f"its publication, of {changes:,}"] = f"{changes} published"
    costs = {f"{name}, s": found[part]["cpu"] for name, part in parts.items()}
    costs |= {f"on the wall: {name}, s": found[part]["seconds"] for name, part in parts.items()}
    costs |= {f"memory: {name}, MB": found[part]["peak_mb"] for name, part in parts.items()}
    return costs | {f"disk: {name}, MB": size for name, size in found["disk"].items()}


def of_deliveries(made: int) -> Costs:
    return {"a look of deliver_sensor, ms": look(made) * 1000}


def of_pages(customers: int) -> Costs:
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), customers) as (town, server):
        found = measure_pages(town, server, CLICKS, "")
        most = states.peak_mb(server.pid)
        disk = states.taken(Path(folder))
    costs = {f"console, {name}, ms": spent for name, (_, _, spent) in found.items()}
    costs |= {f"on the wall: console, {name}, 95 %, ms": p95 for name, (_, p95, _) in found.items()}
    costs["memory: API and console, MB"] = most
    return costs | {STORE: disk[OPERATIONS]}


def of_probe(tenants: int) -> Costs:
    with outside(tenants) as (variables, calls), tempfile.TemporaryDirectory() as folder:
        env_file = Path(folder) / "env"
        given = variables | {"DATA_DIR": folder}
        env_file.write_text("".join(f"{name}={value}\n" for name, value in given.items()))
        probe, marks = ChangeProbe(load_settings(env_file)), dict[str, str]()
        for turn in range(LOOKS + 1):
            if turn == 1:  # the first one signs in
                before, began = calls(), time.process_time()
            looked = probe.poll(marks, datetime.now(UTC))
            assert not looked.problems, looked.problems
            marks = looked.marks
        spent = time.process_time() - began
        asked = calls() - before
    return {
        "a look of change_sensor, of each tenant, ms": spent / LOOKS / tenants * 1000,
        "its calls, of each tenant": asked / LOOKS / tenants,
    }


def of_programs(tenants: int) -> Costs:
    """Of a product that runs, with tenants of nobody."""
    with outside(tenants) as (variables, calls), tempfile.TemporaryDirectory() as folder:
        env = os.environ | variables | {"DATA_DIR": folder, "DAGSTER_HOME": f"{folder}/dagster"}
        with up(env, Path(folder)) as processes:
            time.sleep(SETTLES)
            memory = by_program(processes, lambda one: one.memory_full_info().pss / 2**20)
            assert [one for one in processes if one.poll() is not None] == []
        before = calls()
        sync = command("servicetitan-flow", "sync")
        subprocess.run(sync, env=env, check=True, stdout=subprocess.DEVNULL)
        asked = calls() - before
    return {f"memory of `up`, {name}, MB": size for name, size in memory.items()} | {
        "calls of a sync that finds nothing, of each tenant": asked / tenants
    }


@contextmanager
def outside(tenants: int) -> Iterator[tuple[dict[str, str], Callable[[], int]]]:
    """ServiceTitan: what the settings say of it, and how many calls it has taken."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=be_servicetitan, args=(theirs, tenants), daemon=True)
    process.start()

    def calls() -> int:
        ours.send(True)
        return int(ours.recv())

    try:
        yield ours.recv(), calls
    finally:
        ours.send(False)
        process.join(10)


def be_servicetitan(pipe: Connection, tenants: int) -> None:
    profiles = [Profile(900_000_001 + k, f"town{k:02}", 7_000_001, HEATING_AND_AIR) for k in range(tenants)]
    simulator = ServiceTitan(World(profiles))
    with run_server(simulator.app) as url:
        pipe.send(environment(simulator, url, Path()))
        while pipe.recv():
            pipe.send(len(simulator.log.calls))


def rows(sizes: Sequence[int], costs: Sequence[Costs]) -> list[str]:
    """As Markdown has it."""
    head = ["", *(f"{sizes[0]:,}" if not i else f"{size:,} | times" for i, size in enumerate(sizes)), ""]
    lines = [f"| {' | '.join(head)} |", "|---" * (2 * len(sizes) + 1) + "|"]
    for name in costs[0]:
        values = [one.get(name, 0.0) for one in costs]
        ratios = ["", *(f" | {more / less:.2f}" if less else " | " for less, more in pairwise(values))]
        cells = [f"{value:.2f}{ratio}" for value, ratio in zip(values, ratios, strict=True)]
        lines.append(f"| {name} | {' | '.join(cells)} | {'grows' if has_grown(name, values) else ''} |")
    return lines


def has_grown(name: str, values: Sequence[float]) -> bool:
    """What should not."""
    return not name.startswith(GROWS) and worst(values) > ALIKE


def worst(values: Sequence[float]) -> float:
    return max((more / less for less, more in pairwise(values) if less), default=1.0)


def told(work: Callable[[int], Costs], size: int) -> Costs:
    """At once, for who waits for hours."""
    costs = work(size)
    print("", f"{size:,}", *(f"{cost:14,.2f}  {name}" for name, cost in costs.items()), sep="\n", flush=True)
    return costs


def reports(largest: Costs, customers: int) -> None:
    """What `tests.bench.plan` reckons with, of the largest size."""
    tick, copy = "a tick with 100 changes", "its publication, of 100"
    first = ("full derivation", "first publication")
    report("growth_customers", customers)
    report("growth_tick_cpu", largest[f"{tick}, s"] + largest[f"{copy}, s"])
    report("growth_tick_seconds", sum(largest[f"on the wall: {name}, s"] for name in (tick, copy)))
    report("growth_full_cpu", sum(largest[f"{name}, s"] for name in first))
    report("growth_full_seconds", sum(largest[f"on the wall: {name}, s"] for name in first))
    report("growth_tick_peak", max(largest[f"memory: {name}, MB"] for name in (tick, copy)) / 1024)
    report("growth_full_peak", max(largest[f"memory: {name}, MB"] for name in first) / 1024)
    report("growth_disk", sum(size for name, size in largest.items() if is_of_data(name)) * 1024 / customers)
    report("growth_store", largest[STORE] * 1024 / customers / 2)
    report("growth_programs", sum(size for name, size in largest.items() if name.startswith("memory of ")) / 1024)
    report("growth_console_peak", largest["memory: API and console, MB"] / 1024)
    report("growth_look_calls", largest["its calls, of each tenant"])
    report("growth_sync_calls", largest["calls of a sync that finds nothing, of each tenant"])


def is_of_data(name: str) -> bool:
    return name.startswith("disk: ") and name != STORE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--tenants", type=int, nargs="+", default=[2, 20, 100])
    asked = parser.parse_args()
    parts: list[tuple[Sequence[int], tuple[Callable[[int], Costs], ...]]] = [
        (asked.tenants, (of_probe, of_programs)),
        (asked.customers, (of_deliveries, of_states, of_pages)),
    ]
    tables, grown, largest = [], 0, Costs()
    for sizes, works in parts:
        costs = [{name: cost for work in works for name, cost in told(work, size).items()} for size in sizes]
        tables.append(rows(sizes, costs))
        grown += sum(has_grown(name, [one.get(name, 0.0) for one in costs]) for name in costs[0])
        largest |= costs[-1]
    print("", *tables[0], "", *tables[1], "", sep="\n")
    report("growth", grown)
    reports(largest, asked.customers[-1])


if __name__ == "__main__":
    main()
