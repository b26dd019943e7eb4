"""How long a small sync takes: ``python -m tests.bench.sync [--customers N] [--changes N] [--turns N]``.

A process of its own serves prepared pages. A sync that Dagster starts, from its creation to its end, and one by
command, from the start of its process to its end, take turns; each finds so many changes.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from orchestration.cli.processes import command
from tests.bench.extract import prepared_pages
from tests.bench.measures import report
from tests.bench.ticks import ROOT, dagster

RECORDS = 22  # of each customer, on the prepared pages
SYNC = command("servicetitan-flow", "sync")


def bench(customers: int, changes: int, turns: int) -> None:
    with tempfile.TemporaryDirectory() as name, prepared_pages(customers * RECORDS, Path(name)) as env_file:
        folder = Path(name)
        variables = dict(line.split("=", 1) for line in env_file.read_text().splitlines())
        env = os.environ | variables | {"DAGSTER_HOME": str(folder / "dagster"), "PYTHONPATH": str(ROOT)}
        env |= {"SYNC_CRON": "0 4 * * *", "SYNC_SECONDS": "0", "CHANGE_SENSOR_SECONDS": "0"}

        def change() -> None:
            url = f"{variables['SERVICETITAN_API_URL']}/_control/changes"
            httpx.post(url, json={"records": changes}, timeout=600, trust_env=False).raise_for_status()

        def sync() -> float:
            began = time.perf_counter()
            subprocess.run(SYNC, env=env, check=True, stdout=subprocess.DEVNULL)
            return time.perf_counter() - began

        print(f"{customers:,} customers, first sync: {sync():.0f} s", flush=True)
        by_dagster, by_command = [], []
        with dagster(env, folder) as product:
            for turn in range(turns + 1):
                change()
                by_dagster.append(product.run("servicetitan-flow", "sync"))
                change()
                by_command.append(sync())
                if not turn:  # the first one warms up
                    by_dagster.clear()
                    by_command.clear()
    print(f"by command, {changes} changes: {statistics.median(by_command):.2f} s", flush=True)
    report("sync", statistics.median(by_dagster))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=10)
    parser.add_argument("--turns", type=int, default=5)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and all that it started ends
    bench(asked.customers, asked.changes, asked.turns)


if __name__ == "__main__":
    main()
