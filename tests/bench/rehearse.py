"""What a rehearsal costs: ``python -m tests.bench.rehearse [--customers N] [--days 30]``.

The warehouse is that of `tests.bench.states`, derived once; three customers in a hundred have something happen to them
in the window. Each part runs in a process of its own. It says, too, for how long it held the warehouse.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.derivation.derive import derive
from pipelines.rehearsal.rehearse import Asked, Step, rehearse
from pipelines.settings import Settings
from pipelines.tenants import directory
from tests.bench.states import NOW, TENANT, fill, prepare
from tests.states.ledger import syncs
from tests.states.warehouse import Warehouse


def settings_of(folder: Path) -> Settings:
    tenants = {"socal": {"id": TENANT, "client_id": "id", "client_secret": "secret"}}
    return Settings(_env_file=None, servicetitan_app_key="key", servicetitan_tenants=tenants, data_dir=folder)


def derived(folder: Path, customers: int) -> dict[str, float]:
    """A tenant whose baseline stands."""
    fill(folder, customers)
    warehouse = Warehouse(folder / "warehouse.duckdb", folder / "dbt")
    warehouse.load(syncs([TENANT], (), 1))
    began = time.perf_counter()
    derive(warehouse.path, NOW, work_dir=warehouse.work_dir, tests=False)
    return {"seconds": time.perf_counter() - began, "bytes": warehouse.path.stat().st_size}


def rehearsed(folder: Path, days: int) -> dict[str, float]:
    """``held``: seconds for which no sync could have begun; ``baseline``: until the first day began."""
    prepare(folder)
    settings, held, began = settings_of(folder), list[float](), time.perf_counter()
    days_begun = list[float]()

    @contextmanager
    def hold() -> Iterator[None]:
        then = time.perf_counter()
        yield
        held.append(time.perf_counter() - then)

    def show(step: Step) -> None:
        days_begun.append(time.perf_counter() - began)
        print(f"    {days_begun[-1]:6.0f} s {step}", file=sys.stderr, flush=True)

    found = rehearse(settings, Asked(directory.find(settings, TENANT), days), hold, show)
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "held": held[0],
        "baseline": days_begun[0],
        "day": (seconds - days_begun[0]) / days,
        "mails": len(found.started),
        "withheld": len(found.withheld),
    }


PARTS = {"derived": derived, "rehearsed": rehearsed}


def measured(part: str, folder: Path, size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.rehearse", f"--part={part}", f"--folder={folder}", f"--size={size}"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures: dict[str, float] = json.loads(output.splitlines()[-1])
    return figures


def bench(customers: int, days: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        known = measured("derived", folder, customers)
        print(
            f"{customers:,} customers, {known['bytes'] / 1e6:,.0f} MB; derived in {known['seconds']:.0f} s", flush=True
        )
        found = measured("rehearsed", folder, days)
    print(
        f"{days} days: {found['seconds']:.0f} s ({found['cpu']:.0f} s of CPU), {found['peak_mb']:.0f} MB at most:"
        f" held the warehouse for {found['held']:.1f} s, {found['baseline']:.0f} s to the first day, then"
        f" {found['day']:.1f} s a day; {found['mails']:,.0f} mails, {found['withheld']:,.0f} withheld"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.part:
        bench(options.customers, options.days)
        return
    figures = PARTS[options.part](options.folder, options.size)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(figures | {"peak_mb": peak_mb, "cpu": time.process_time()}))


if __name__ == "__main__":
    main()
