"""How cost grows: ``python -m tests.bench.growth [--customers N]… [--tenants N]…``.

Each line at each size, and how many times as much as at the size before. What shall not grow with the size says so
where it does. Seconds are CPU's, so that other work on the machine changes little. ``--customers`` are the deliveries
made so far, too, and those of the console's pages.
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

from pipelines.servicetitan.change_probe import ChangeProbe
from pipelines.settings import load_settings
from tests.bench import states
from tests.bench.console import measure_pages, served
from tests.bench.delivery import look
from tests.bench.measures import report
from tests.simulator.catalogue import HEATING_AND_AIR
from tests.simulator.environment import environment
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Profile, World

CLICKS, LOOKS = 20, 20
ALIKE = 1.5  # times as much is no growth yet: some of the figures are milliseconds
GROWS = ("full derivation", "first publication", "peak memory of a full derivation")  # and may do so
Costs = dict[str, float]


def of_states(customers: int) -> Costs:
    found = states.bench(customers)
    costs = {
        "full derivation, s": found["ours"]["cpu"],
        "first publication, s": found["published"]["cpu"],
        "peak memory of a full derivation, MB": found["ours"]["peak_mb"],
    }
    for changes in states.CHANGES:
        costs |= {
            f"a tick with {changes:,} changes, s": found[f"{changes}"]["cpu"],
            f"its publication, of {changes:,}, s": found[f"{changes} published"]["cpu"],
        }
    return costs


def of_deliveries(made: int) -> Costs:
    return {"a look of deliver_sensor, ms": look(made) * 1000}


def of_pages(customers: int) -> Costs:
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), customers) as (town, server):
        found = measure_pages(town, server, CLICKS, "")
    return {f"console, {name}, ms": spent for name, (_, _, spent) in found.items()}


def of_probe(tenants: int) -> Costs:
    ours, theirs = multiprocessing.Pipe()
    outside = multiprocessing.get_context("spawn").Process(target=be_servicetitan, args=(theirs, tenants), daemon=True)
    outside.start()
    with tempfile.TemporaryDirectory() as folder:
        variables = ours.recv() | {"DATA_DIR": folder}
        env_file = Path(folder) / "env"
        env_file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
        probe, marks = ChangeProbe(load_settings(env_file)), dict[str, str]()
        for turn in range(LOOKS + 1):
            if turn == 1:  # the first one signs in
                began = time.process_time()
            looked = probe.poll(marks, datetime.now(UTC))
            assert not looked.problems, looked.problems
            marks = looked.marks
        spent = time.process_time() - began
    ours.send("end")
    outside.join(10)
    return {"a look of change_sensor, of each tenant, ms": spent / LOOKS / tenants * 1000}


def be_servicetitan(pipe: Connection, tenants: int) -> None:
    profiles = [Profile(900_000_001 + k, f"town{k:02}", 7_000_001, HEATING_AND_AIR) for k in range(tenants)]
    simulator = ServiceTitan(World(profiles))
    with run_server(simulator.app) as url:
        pipe.send(environment(simulator, url, Path()))
        pipe.recv()


def rows(sizes: Sequence[int], costs: Sequence[Costs]) -> list[str]:
    """As Markdown has it."""
    head = ["", *(f"{sizes[0]:,}" if not i else f"{size:,} | times" for i, size in enumerate(sizes)), ""]
    lines = [f"| {' | '.join(head)} |", "|---" * (2 * len(sizes) + 1) + "|"]
    for name in costs[0]:
        values = [one[name] for one in costs]
        ratios = ["", *(f" | {more / less:.2f}" for less, more in pairwise(values))]
        cells = [f"{value:.2f}{ratio}" for value, ratio in zip(values, ratios, strict=True)]
        lines.append(f"| {name} | {' | '.join(cells)} | {'grows' if has_grown(name, values) else ''} |")
    return lines


def has_grown(name: str, values: Sequence[float]) -> bool:
    """What should not."""
    return not name.startswith(GROWS) and worst(values) > ALIKE


def worst(values: Sequence[float]) -> float:
    return max((more / less for less, more in pairwise(values) if less), default=1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--tenants", type=int, nargs="+", default=[2, 20, 100])
    asked = parser.parse_args()
    parts: list[tuple[Sequence[int], tuple[Callable[[int], Costs], ...]]] = [
        (asked.tenants, (of_probe,)),
        (asked.customers, (of_deliveries, of_states, of_pages)),
    ]
    tables, grown = [], 0
    for sizes, works in parts:
        costs = [{name: cost for work in works for name, cost in work(size).items()} for size in sizes]
        tables.append(rows(sizes, costs))
        grown += sum(has_grown(name, [one[name] for one in costs]) for name in costs[0])
    print("", *tables[0], "", *tables[1], "", sep="\n")
    report("growth", grown)


if __name__ == "__main__":
    main()
