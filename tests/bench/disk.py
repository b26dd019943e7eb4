"""How big it gets: ``python -m tests.bench.disk [--runs N] [--days D]``, by hand, about an hour.

So many syncs in one process, each as `servicetitan-flow sync` makes it: in one of five something has changed, and is
delivered. For Dagster's records a minute lies between two syncs, and they are kept small every hour. Then runs of so
many days at a sync every 30 seconds are put beside them, by copying those that have only their outline left.
"""

import argparse
import gc
import os
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import psutil
from click.testing import CliRunner

from orchestration.cli.main import main as servicetitan_flow
from orchestration.cli.main import run_in_process
from orchestration.instance.prune import WITH_DETAILS, keep_small
from pipelines.settings import load_settings
from tests.simulator.clock import OffsetClock
from tests.simulator.environment import SIGNING_SECRET, environment
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.office.history import live, seed_history
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World

CUSTOMERS = 50  # per tenant
BUSY_EVERY, STEPS = 5, 8
MINUTES_AN_HOUR = 60
A_DAY = 2880  # syncs
OUTLINES = 3  # of five syncs: two publish, what they found and then what was delivered of it, and the delivery
ROWS = 10  # of the table
WAREHOUSE = ("warehouse.duckdb", "analytics.duckdb")


def sizes(data: Path) -> Counter[str]:
    """Bytes on the disk of each file and folder below DATA_DIR; Dagster's and dlt's one level deeper."""
    found: Counter[str] = Counter()
    for path in data.rglob("*"):
        parts = path.relative_to(data).parts
        depth = 2 if parts[0] in ("dagster", "dbt", "dlt") else 1
        name = "/".join(parts[:depth]).removesuffix("-wal").removesuffix("-shm")
        if parts[0] == "dbt" and parts[-1].startswith("last-derivation"):
            name = "dbt/last-derivation"
        found[name] += path.lstat().st_blocks * 512
    return found


class Office:
    """A product with a customer's life around it."""

    def __init__(self, data: Path) -> None:
        self.data, self.settings = data, load_settings()
        self.home = data / "dagster"

    def sync(self) -> None:
        result = CliRunner().invoke(servicetitan_flow, ["sync"])
        assert result.exit_code == 0, result.output

    def deliver(self) -> None:
        assert run_in_process(self.settings, "deliver", {}).success

    def let_pass(self, seconds: float) -> None:
        """For Dagster's runs."""
        with closing(sqlite3.connect(self.home / "history" / "runs.db")) as con, con:
            for column in ("create_timestamp", "update_timestamp"):
                moved = f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-{seconds} seconds')"
                con.execute(f"update runs set {column} = {moved}")

    def keep_small(self) -> float:
        """Seconds that it took."""
        began = time.monotonic()
        with dg.DagsterInstance.get() as instance:
            keep_small(instance, datetime.now(UTC), self.settings.run_retention_days)
        return time.monotonic() - began

    def ask(self, database: str, question: str) -> int:
        with closing(sqlite3.connect(self.home / database)) as con:
            return int(con.execute(question).fetchone()[0])


def live_through(office: Office, life: Iterator[str], runs: int) -> None:
    table: dict[int, Counter[str]] = {}
    every = max(1, runs // ROWS)
    for number in range(1, runs + 1):
        began = time.monotonic()
        busy = number % BUSY_EVERY == 0
        if busy:
            for _ in range(STEPS):
                next(life)
        office.sync()
        if busy:
            office.deliver()
        office.let_pass(60 - (time.monotonic() - began))
        if number % MINUTES_AN_HOUR == 0:
            office.keep_small()
        if number % every == 0:
            gc.collect()
            table[number] = sizes(office.data)
            print(f"after {number}: {table[number].total() / 2**20:,.1f} MB", flush=True)
            table[number]["(memory)"] = psutil.Process().memory_info().rss
    show(table)


def show(table: dict[int, Counter[str]]) -> None:
    """The slope is that of the second half, when what is kept for hours has come to its full size."""
    numbers = list(table)
    print(f"{'KB after … runs':36}" + "".join(f"{number:>9}" for number in numbers) + "    bytes a run")
    for name in sorted({name for row in table.values() for name in row}):
        half, whole = numbers[len(numbers) // 2 - 1], numbers[-1]
        slope = (table[whole][name] - table[half][name]) / (whole - half)
        print(f"{name:36}" + "".join(f"{row[name] / 1024:9,.0f}" for row in table.values()) + f"{slope:15,.0f}")


def fill(office: Office, days: int) -> None:
    """Copies runs with an outline until there are as many as that many days leave."""
    wanted = days * A_DAY // BUSY_EVERY * OUTLINES
    with closing(sqlite3.connect(office.home / "history" / "runs.db")) as con, con:
        con.execute("attach ? as log", [str(office.home / "event_log.db")])
        while (there := con.execute("select count(*) from run_tags where key = 'details'").fetchone()[0]) < wanted:
            copy_runs(con, min(there, wanted - there))
            con.commit()


def copy_runs(con: sqlite3.Connection, most: int) -> None:
    """But those in which something was last made."""
    con.execute("drop table if exists temp.twins")
    con.execute(
        "create temp table twins as select run_id as old, lower(hex(randomblob(18))) as new from run_tags"
        " where key = 'details' and run_id not in"
        " (select run_id from log.event_logs where dagster_event_type = 'ASSET_MATERIALIZATION') limit ?",
        [most],
    )
    for schema, table in (("main", "runs"), ("main", "run_tags"), ("log", "event_logs")):
        columns = [row[1] for row in con.execute(f"pragma {schema}.table_info({table})")]
        rest = ", ".join(f'"{column}"' for column in columns if column not in ("id", "run_id"))
        con.execute(
            f"insert into {schema}.{table} (run_id, {rest})"
            f" select new, {rest} from {schema}.{table} join twins on old = run_id"
        )


def bench(runs: int, days: int, keep: Path | None) -> None:
    world = World(clock=OffsetClock())
    life = live(world, seed_history(world, customers=CUSTOMERS))
    simulator, receiver = ServiceTitan(world), Receiver([SIGNING_SECRET])
    with run_server(simulator.app) as url, run_server(receiver.app) as trigger, tempfile.TemporaryDirectory() as folder:
        data = keep or Path(folder)
        os.environ.update(environment(simulator, url, data, f"{trigger}/trigger"))
        os.environ["DAGSTER_HOME"] = str(data / "dagster")
        office = Office(data)
        live_through(office, forgetful(life, simulator), runs)
        if days:
            office.let_pass(WITH_DETAILS.total_seconds())
            office.keep_small()
            fill(office, days)
            print(f"with the runs of {days} days: {office.ask('history/runs.db', 'select count(*) from runs'):,} runs")
            report(office, "filled")
            print(f"kept small in {office.keep_small():.1f} s")
            report(office, "kept small")
            office.let_pass(days * 86400)
            print(f"and when as many days have passed, in {office.keep_small():.1f} s")
            report(office, "after")


def forgetful(life: Iterator[str], simulator: ServiceTitan) -> Iterator[str]:
    """What the stand-in world remembers is not the product's memory."""
    for step in life:
        simulator.log.clear()
        yield step


def report(office: Office, when: str) -> None:
    found = sizes(office.data)
    beside = found.total() - sum(found[name] for name in WAREHOUSE)
    records = sum(size for name, size in found.items() if name.startswith("dagster/"))
    print(
        f"  {when}: {beside / 2**20:,.0f} MB beside the warehouse, of them Dagster's records {records / 2**20:,.0f} MB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=600)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--keep", type=Path, help="a folder to work in, which stays")
    options = parser.parse_args()
    if options.keep:
        shutil.rmtree(options.keep, ignore_errors=True)
    bench(options.runs, options.days, options.keep)


if __name__ == "__main__":
    main()
