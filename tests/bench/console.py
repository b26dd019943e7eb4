"""Every kind of page of the console, warm, over real HTTP; and what somebody who clicks takes from the actions API.

``python -m tests.bench.console --customers 1000000``: see `tests.bench.console_town` for what there is to look at. The
server, ServiceTitan and Dagster, the caller, and the one who clicks are processes of their own. ``--folder``: keeps
what is looked at, and takes it from there the next time.
"""

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.actions.test_sync import Queue, dagster
from tests.bench.console_town import TENANTS, batch, build, moment_of, phone
from tests.bench.measures import report
from tests.console.visitor import USERS, Visitor
from tests.simulator.environment import environment
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World

PORT = 8496
LIMIT = 200  # milliseconds, of the 95th percentile
API = "/api/servicetitan/customers/{}/state?tenant=socal"
TOKEN = "bench-token"
ONCE_A_SECOND = "beside a click a second"
# Seconds between two clicks, None: nobody clicks; and how many times as long as alone the API may take.
PACES = {
    "alone": (None, 1.0),
    ONCE_A_SECOND: (1.0, 1.2),
    "beside one who clicks without pause": (0.0, 2.0),
}
BOUND = ("overview", "customers", "deliveries", "leads", "decisions")  # pages that sol sees of one tenant alone
STOPPED = -1.0
KNOWN = 50  # customers of each tenant whom ServiceTitan knows


@contextmanager
def outside() -> Iterator[tuple[dict[str, str], list[list[int]]]]:
    """ServiceTitan and Dagster: what the settings say of them, and of each tenant customers whom ServiceTitan knows."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=be_outside, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("end")
        process.join(10)


def be_outside(pipe: Connection) -> None:
    world = World(TENANTS)
    known = [
        [world[one.tenant_id].add_customer(phone=phone(i), email=f"ada{i}@mail.example.net") for i in range(KNOWN)]
        for one in TENANTS
    ]
    simulator = ServiceTitan(world)
    with run_server(simulator.app) as url, dagster(Queue()) as runs:
        pipe.send((environment(simulator, url, Path()) | {"DAGSTER_URL": runs}, known))
        pipe.recv()


@contextmanager
def serving(variables: Mapping[str, str], folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    command: list[str | Path] = [Path(sys.executable).with_name("servicetitan-flow"), "serve", "--port", str(PORT)]
    own = {
        "DATA_DIR": str(folder),
        "ACTIONS_TOKENS": f"bench:{TOKEN}",
        "ACTIONS_REQUESTS_PER_SECOND": "1000000",
        "CONSOLE_USERS": USERS,
    }
    url = f"http://127.0.0.1:{PORT}"
    with (folder / "log").open("wb") as log, tempfile.TemporaryDirectory() as elsewhere:
        process = subprocess.Popen(command, env=os.environ | variables | own, stdout=log, stderr=log, cwd=elsewhere)
        try:
            for _ in range(1200):
                with suppress(httpx.TransportError):
                    httpx.get(f"{url}/console/sign-in")
                    break
                time.sleep(0.1)
            yield url, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(20)


def pages(customers: int, made_at: datetime, i: int) -> dict[str, str]:
    """By what they are; each time about somebody else."""
    n = i * 7919 % (customers // 2)
    day, until = made_at - timedelta(days=1 + i % 5), made_at - timedelta(days=7 * i)
    return {
        "overview": "/console",
        "customers": "/console/customers",
        "customers, a number": f"/console/customers?q=%2B{phone(n)[1:]}",
        "customers, part of a name": f"/console/customers?q=moss+{n % 4096:03x}",
        "customers, of a state": "/console/customers?state=2",
        "customers, page 20": "/console/customers?page=20",
        "a customer": f"/console/customers/socal/{100000 + n}",
        "deliveries": "/console/deliveries",
        "deliveries, sent": "/console/deliveries?status=delivered&tenant=socal",
        "deliveries, held": "/console/deliveries?status=held",
        "deliveries, dead": "/console/deliveries?status=dead",
        "deliveries, of a reason": "/console/deliveries?reason=do_not_mail",
        "deliveries, of a flow": "/console/deliveries?flow=What+to+Expect",
        "deliveries, of a flow, dead": "/console/deliveries?flow=What+to+Expect&status=dead",
        "deliveries, of a day": f"/console/deliveries?day={day:%Y-%m-%d}",
        "deliveries, page 20": "/console/deliveries?page=20",
        "a held batch": f"/console/deliveries?batch={batch(made_at).replace(':', '%3A')}",
        "a message": f"/console/deliveries?id=w{1 + 2 * n}",
        "rules": "/console/tenants/socal/rules",
        "rules, units": "/console/tenants/town07/rules?of=units",
        "rules, cancel reasons": "/console/tenants/socal/rules?of=reasons",
        "rehearsal": "/console/tenants/socal/rehearsal",
        "integrations": "/console/integrations",
        "leads": "/console/leads",
        "leads, of a tenant": "/console/leads?tenant=socal&status=needs_review",
        "leads, page 20": "/console/leads?page=20",
        "a lead": f"/console/leads/00000000-0000-4000-8000-{20 * (i * 100 % 4000):012}",
        "report": "/console/report",
        "report, another period": f"/console/report?weeks={4 + i % 48}&until={until:%Y-%m-%d}",
        "decisions": "/console/decisions",
        "decisions, page 20": "/console/decisions?page=20",
    }


class Town:
    """What there is to look at, served."""

    def __init__(self, url: str, customers: int, made_at: datetime) -> None:
        self.url, self.customers, self.made_at = url, customers, made_at

    def pages(self, i: int) -> dict[str, str]:
        return pages(self.customers, self.made_at, i)


def measure_pages(town: Town, server: psutil.Process, clicks: int, only: str) -> dict[str, tuple[float, float, float]]:
    """Of each kind, milliseconds: median, 95th percentile, and the server's CPU, which a busy machine leaves as it
    is."""
    found = {}
    print(f"\n{'a page, warm':32}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}{'goal ms':>9}")
    with Visitor(town.url, "ola") as ola, Visitor(town.url, "sol") as sol:
        for visitor, kind in (*((ola, kind) for kind in town.pages(0)), *((sol, kind) for kind in BOUND)):
            name = kind if visitor is ola else f"{kind}, by who is bound"
            if only not in name:
                continue
            for i in range(3):
                seconds(visitor, town.pages(i)[kind])
            before = cpu(server)
            p50, p95 = percentiles([seconds(visitor, town.pages(i)[kind]) for i in range(3, 3 + clicks)])
            spent = (cpu(server) - before) * 1000 / clicks
            found[name] = p50, p95, spent
            verdict = "over" if p95 > LIMIT else "ok"
            print(f"{name:32}{p50:>9.1f}{p95:>9.1f}{spent:>9.1f}{LIMIT:>9}  {verdict}", flush=True)
    return found


def cpu(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in family)


def seconds(http: httpx.Client, path: str, **options: Any) -> float:
    began = time.perf_counter()
    http.get(path, **options).raise_for_status()
    return time.perf_counter() - began


def percentiles(times: Sequence[float]) -> tuple[float, float]:
    return statistics.median(times) * 1000, statistics.quantiles(times, n=20)[18] * 1000


def click(town: Town, pace: Any, clicked: Any, only: str) -> None:
    """Until it is ended; ``pace``: one of `PACES`, or STOPPED."""
    with Visitor(town.url, "ola") as visitor:
        kinds = [kind for kind in town.pages(0) if only in kind]
        i = 0
        while True:
            if pace.value == STOPPED:
                time.sleep(0.01)
                continue
            began = time.perf_counter()
            visitor.get(town.pages(i)[kinds[i % len(kinds)]])
            i += 1
            clicked.value += 1
            time.sleep(max(0.0, pace.value - (time.perf_counter() - began)))


@contextmanager
def clicking(town: Town, only: str) -> Iterator[tuple[Any, Any]]:
    context = multiprocessing.get_context("spawn")
    pace, clicked = context.Value("d", STOPPED), context.Value("i", 0)
    process = context.Process(target=click, args=(town, pace, clicked, only), daemon=True)
    process.start()
    try:
        yield pace, clicked
    finally:
        process.kill()
        process.join(10)


def measure_api(town: Town, asks: int, turns: int, only: str) -> dict[str, list[float]]:
    """By pace: how many times as long as alone, median and 95th percentile. The paces take turns; each turn's
    percentiles are set beside those alone."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    paths = [API.format(100000 + i * 7919 % (town.customers // 2)) for i in range(asks)]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in PACES}
    clicks: dict[str, list[float]] = {name: [] for name in PACES}
    with httpx.Client(base_url=town.url, trust_env=False, timeout=60) as http, clicking(town, only) as (pace, clicked):
        for turn in range(turns + 1):
            for name, (every, _) in PACES.items():
                pace.value = STOPPED if every is None else every
                time.sleep(1)
                before, began = clicked.value, time.perf_counter()
                times = [seconds(http, path, headers=headers) for path in paths]
                took = time.perf_counter() - began
                if turn:  # the first one warms up
                    found[name].append(percentiles(times))
                    clicks[name].append((clicked.value - before) / took)
    return shown(found, clicks)


def shown(found: Mapping[str, list[tuple[float, float]]], clicks: Mapping[str, list[float]]) -> dict[str, list[float]]:
    alone, times_alone = found["alone"], {}
    print(
        f"\n{'GET /customers/{id}/state':36}{'p50 ms':>18}{'p95 ms':>20}{'clicks/s':>10}{'times alone':>14}{'goal':>6}"
    )
    for name, figures in found.items():
        p50, p95 = zip(*figures, strict=True)
        ratios = [
            statistics.median(one[which] / other[which] for one, other in zip(figures, alone, strict=True))
            for which in (0, 1)
        ]
        goal = PACES[name][1]
        times_alone[name] = ratios
        print(
            f"{name:36}{spread(p50):>18}{spread(p95):>20}{statistics.mean(clicks[name]):>10.1f}"
            f"{ratios[0]:>8.2f}{ratios[1]:>6.2f}{goal:>6}  {'over' if max(ratios) > goal else 'ok'}",
            flush=True,
        )
    return times_alone


def spread(values: Sequence[float]) -> str:
    """The median, and from where to where."""
    return f"{statistics.median(values):.1f} ({min(values):.1f}-{max(values):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--clicks", type=int, default=30, help="on each kind of page; 0: none")
    parser.add_argument("--asks", type=int, default=500, help="of the actions API, in each turn")
    parser.add_argument("--turns", type=int, default=5, help="alone and beside; 0: none")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", default="", help="kinds of pages whose name has this")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        town, server = stack.enter_context(served(folder, asked.customers))
        if asked.clicks:
            found = measure_pages(town, server, asked.clicks, asked.only)
            report("console", max(p95 for _, p95, _ in found.values()))
        if asked.turns:
            report("console_clicks", measure_api(town, asked.asks, asked.turns, asked.only)[ONCE_A_SECOND][0])


@contextmanager
def served(folder: Path, customers: int) -> Iterator[tuple[Town, psutil.Process]]:
    with outside() as (variables, known):
        made_at = made(folder, customers, known)
        with serving(variables, folder) as (url, server):
            yield Town(url, customers, made_at), server


def made(folder: Path, customers: int, known: Sequence[Sequence[int]]) -> datetime:
    """When; it is made where it is not there yet."""
    made_at, began = moment_of(folder), time.perf_counter()
    if not (folder / "made_at").exists():
        folder.mkdir(parents=True, exist_ok=True)
        build(folder / "analytics.duckdb", folder / "operations.sqlite", customers, known, made_at)
        (folder / "made_at").write_text(made_at.isoformat())
        print(f"{customers:,} customers in {time.perf_counter() - began:.0f} s", flush=True)
    return made_at


if __name__ == "__main__":
    main()
