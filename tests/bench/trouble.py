"""How long one tenant's trouble delays another's news: ``python -m tests.bench.trouble [--minutes N] [--only NAME]…``.

For each trouble a world of its own, in which the product runs as it does for real: `sync` every minute and when the
change probe sees something, one at a time, with SYNC_SECONDS at its default; what asks is a schedule or a sensor, so
that tenants in trouble rest. Told is the time from a change of the other tenant to its row in the outbox; how long the
readings took, which is what a trouble can lengthen (the rest of a sync is dbt's, and on a busy machine most of it); and
when what happened at the troubled tenant before the trouble was there. A quarter of an hour.
"""

import argparse
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.servicetitan.change_probe import ChangeProbe
from pipelines.settings import load_settings
from tests.simulator.clock import OffsetClock
from tests.simulator.environment import environment
from tests.simulator.office.history import seed_history
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import DFW, SOCAL, World

CUSTOMERS = 100  # per tenant
SCHEDULE = 60.0  # seconds
PROBE = 15.0
LONGEST = 1200.0  # seconds that anything is waited for
Order = dict[str, Any]

TROUBLES: dict[str, Order | None] = {
    "none": None,
    "503 to all": {"kind": "status", "status": 503},
    "host hangs": {"kind": "hang", "path": ""},
    "token address 500": {"kind": "status", "path": "/connect/token", "status": 500},
    "token address hangs": {"kind": "hang", "path": "/connect/token"},
    "a page cut again and again": {"kind": "cut", "path": "export/leads"},
    "a page that takes 100 s": {"kind": "slow", "path": "export/leads", "seconds": 100},
}
STEP = """
import sys, time
from datetime import UTC, datetime
from pipelines.settings import load_settings
from pipelines.servicetitan.sync import load
from pipelines.derivation.derive import derive
from pipelines.flow_builder.enqueue import enqueue
from pipelines.servicetitan.sync_status import keep_complete
import duckdb
settings = load_settings(None)
began = time.monotonic()
result = load(settings, clock=lambda: datetime.now(UTC), scheduled=True)
print(time.monotonic() - began)
keep_complete(settings.operations, result.streams)
now = datetime.now(UTC)
derive(settings.warehouse, now, work_dir=settings.data_dir.absolute() / "dbt")
with duckdb.connect(settings.warehouse) as con:
    con.execute("set TimeZone = 'UTC'")
    enqueue(con, settings, now)
"""


@dataclass
class Line:
    """One world and the product beside it."""

    name: str
    minutes: float
    seconds: list[float] = field(default_factory=list)
    readings: list[float] = field(default_factory=list)
    whole_after: float | None = None

    def run(self) -> None:
        self.world = World(clock=OffsetClock())
        seed_history(self.world, customers=CUSTOMERS)
        self.simulator = ServiceTitan(self.world)
        with run_server(self.simulator.app) as url, tempfile.TemporaryDirectory() as folder:
            self.outbox = Path(folder) / "operations.sqlite"
            variables = environment(self.simulator, url, Path(folder), f"{url}/trigger")
            self.env, self.env_file = os.environ | variables, Path(folder) / ".env"
            self.env_file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
            self.sync()
            lost = self.change(SOCAL.name)
            if order := TROUBLES[self.name]:
                self.simulator.faults.order(**{"tenant": SOCAL.tenant_id, "times": -1, **order})
            self.readings.clear()
            self.watched(lost)

    def watched(self, lost: int) -> None:
        began, ended = time.monotonic(), threading.Event()
        product = threading.Thread(target=self.product, args=(ended,))
        product.start()
        try:
            self.changes(began + self.minutes * 60)
            came = self.there(SOCAL.tenant_id, lost)
            self.simulator.faults.clear()
            over = time.monotonic()
            while not came and time.monotonic() < over + LONGEST:
                time.sleep(0.5)
                came = self.there(SOCAL.tenant_id, lost)
            self.whole_after = time.monotonic() - over if came else None
        finally:
            ended.set()
            product.join()

    def changes(self, until: float) -> None:
        random_ = random.Random(1)
        while time.monotonic() < until:
            time.sleep(random_.uniform(0, 45))
            customer, began = self.change(DFW.name), time.monotonic()
            while not self.there(DFW.tenant_id, customer) and time.monotonic() < began + LONGEST:
                time.sleep(0.2)
            self.seconds.append(time.monotonic() - began)

    def change(self, company: str) -> int:
        with self.world.lock:
            customer = self.world[company].add_customer("Ada Moss")
            self.world[company].add_lead(customer)
        return customer

    def there(self, tenant_id: int, customer_id: int) -> bool:
        query = "select 1 from deliveries where tenant_id = ? and customer_id = ?"
        with closing(sqlite3.connect(self.outbox, timeout=30)) as con:
            return con.execute(query, (tenant_id, customer_id)).fetchone() is not None

    def product(self, ended: threading.Event) -> None:
        """What Dagster does: a tick that meets a run under way is skipped."""
        look = self.look()
        next_tick = time.monotonic() + SCHEDULE
        while not ended.wait(PROBE):
            changed = next(look)
            if changed or time.monotonic() >= next_tick:
                next_tick = max(next_tick, time.monotonic()) + (SCHEDULE if time.monotonic() >= next_tick else 0)
                self.sync()

    def look(self) -> Iterator[list[str]]:
        watch, marks = ChangeProbe(load_settings(self.env_file)), dict[str, str]()
        while True:
            found = watch.poll(marks, datetime.now(UTC))
            marks = found.marks
            yield found.changed

    def sync(self) -> None:
        done = subprocess.run([sys.executable, "-c", STEP], env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{self.name}: a sync failed: {done.stderr[-2000:]}", flush=True)
        self.readings.append(float(done.stdout.splitlines()[0]))

    def told(self) -> str:
        fared = f"whole {self.whole_after:.0f} s after its end" if self.whole_after is not None else "NOT WHOLE"
        if self.whole_after is not None and self.whole_after < 1:
            fared = "its news came while it lasted"
        readings = ", ".join(f"{seconds:.0f}" for seconds in self.readings)
        delay = f"{statistics.median(self.seconds):6.0f} s {max(self.seconds):6.0f} s"
        return f"{self.name:28} {delay} ({len(self.seconds):>2} changes)  {fared}; readings of {readings} s"


def bench(names: list[str], minutes: float, at_once: int) -> None:
    print("trouble of one tenant: the other's change to its row in the outbox, median and longest", flush=True)

    def measure(name: str) -> None:
        line = Line(name, minutes)
        line.run()
        print(line.told(), flush=True)

    with ThreadPoolExecutor(at_once) as lines:
        list(lines.map(measure, names))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5, help="that each trouble lasts")
    parser.add_argument("--only", action="append", choices=TROUBLES, help="this trouble; may be given again")
    parser.add_argument("--at-once", type=int, default=4, help="so many troubles side by side")
    options = parser.parse_args()
    bench(options.only or list(TROUBLES), options.minutes, options.at_once)


if __name__ == "__main__":
    main()
