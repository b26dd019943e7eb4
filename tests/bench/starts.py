"""What starting costs: ``python -m tests.bench.starts [--turns N]``.

The least of each, taken in turns; CPU, which on a quiet machine is the time that one waits.
"""

import argparse
import resource
import subprocess
import sys
from time import perf_counter

from orchestration.cli.processes import Command, command
from tests.bench.measures import MEASURES, report

STARTS: dict[str, Command] = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "starts_definitions": [sys.executable, "-c", "import orchestration.definitions"],
    "starts_help": command("servicetitan-flow", "--help"),
}


def started(argv: Command) -> tuple[float, float]:
    """Seconds on the wall and of CPU."""
    wall, cpu = perf_counter(), spent()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - wall, spent() - cpu


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bench(turns: int) -> None:
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in STARTS}
    for _ in range(turns):
        for name, argv in STARTS.items():
            times[name].append(started(argv))
    for name, found in times.items():
        wall, cpu = (min(column) for column in zip(*found, strict=True))
        print(f"{name}: {cpu:.2f} s CPU in {wall:.2f} s", flush=True)
        if name in MEASURES:
            report(name, cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=7)
    bench(parser.parse_args().turns)


if __name__ == "__main__":
    main()
