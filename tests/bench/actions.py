"""`GET /customers/{id}` of the actions API, against ServiceTitan's own two answers that it is made of; and the gate,
`GET /transitions/{id}`, against `GET /health`, in a store of as many transitions as a large tenant has current ones.
The look-up once more where each answer of ServiceTitan takes 50 ms, as over a network: the API asks for both at once.

``python -m tests.bench.actions``: simulator, API and caller are processes of their own on one machine. The tenants are
many and take turns, so that no tenant's call budget (60 calls a second) is what is measured.
"""

import argparse
import logging
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

from pipelines.operations import transaction
from tests.bench import measures
from tests.flow_builder.household import DAY, KEY, Household
from tests.flow_builder.stored import Stored
from tests.simulator.credentials import APP_KEY
from tests.simulator.environment import environment
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.switches import Switches
from tests.simulator.world import SOCAL, Profile, World

TENANTS, CUSTOMERS = 60, 5  # customers of each tenant
TRANSITIONS = 100_000
LATENCY = 0.05  # seconds
PORT = 8497
Place = tuple[int, int]  # tenant, customer
Request = Callable[[httpx.Client, Place], object]


def serve_simulator(pipe: Connection, data_dir: Path) -> None:
    profiles = [Profile(1000 + n, f"t{n}", (n + 1) * 1_000_000, SOCAL.job_types) for n in range(TENANTS)]
    world = World(profiles)
    logging.lastResort = None  # what still hangs at the end is cut off with many words
    simulator = ServiceTitan(world, Switches(calls_per_second=1_000_000))
    places = [
        (
            company.tenant_id,
            company.add_customer(f"Customer {n}", phone=f"(213) 555-{200 + n:04}", email=f"{n}@example.com"),
        )
        for n in range(CUSTOMERS)
        for company in world.companies.values()
    ]
    with run_server(simulator.app) as url:
        pipe.send((url, environment(simulator, url, data_dir), places))
        pipe.recv()


@contextmanager
def simulated(data_dir: Path) -> Iterator[tuple[str, dict[str, str], list[Place]]]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve_simulator, args=(theirs, data_dir))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("end")
        process.join(10)
        process.kill()


@contextmanager
def serving(env: dict[str, str]) -> Iterator[str]:
    command: list[str | Path] = [Path(sys.executable).with_name("servicetitan-flow"), "serve", "--port", str(PORT)]
    process = subprocess.Popen(command, env=os.environ | env, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{PORT}"
    try:
        for _ in range(600):
            with suppress(httpx.TransportError):
                httpx.get(f"{url}/docs")
                break
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def measured(request: Request, places: list[Place], count: int, at_once: int) -> tuple[float, float, float]:
    """Requests per second; median and 99th percentile in milliseconds."""
    asked = [places[n % len(places)] for n in range(count)]

    def caller(mine: list[Place]) -> list[float]:
        times = []
        with httpx.Client(trust_env=False, timeout=60) as http:
            for place in mine:
                began = time.perf_counter()
                request(http, place)
                times.append(time.perf_counter() - began)
        return times

    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as callers:
        times = [one for many in callers.map(caller, [asked[n::at_once] for n in range(at_once)]) for one in many]
    elapsed = time.perf_counter() - began
    percentiles = statistics.quantiles(times, n=100)
    return count / elapsed, statistics.median(times) * 1000, percentiles[98] * 1000


CLONES = "with recursive clones(n) as (select 1 union all select n + 1 from clones where n < :count)"


def fill(data_dir: Path, tenant: int) -> None:
    """One customer, booked and told, and as many more that are just like this one."""
    stored = Stored(data_dir, Household())
    stored.home.now = datetime.now(UTC)
    stored.home.books(1, 3 * DAY)
    stored.go_on()
    with stored.open() as con, transaction(con):
        for table, id_columns in (("deliveries", "webhook_id transition_id"), ("gate_facts", "transition_id")):
            columns = [name for name, *_ in con.execute(f"select * from {table} limit 0").description]
            other = dict.fromkeys(id_columns.split(), "'t' || n") | {"customer_id": "n", "sequence": "sequence + n"}
            values = ", ".join(other.get(column, column) for column in columns)
            query = f"{CLONES} insert into {table} ({', '.join(columns)}) select {values} from clones, {table}"
            con.execute(f"{query} where customer_id = {KEY.customer_id}", {"count": TRANSITIONS})
        for name in ("deliveries", "gate_facts", "enqueues"):
            con.execute(f"update {name} set tenant_id = ?", [tenant])
        con.execute("update enqueues set whole_from = '2100-01-01T00:00:00.000000Z'")  # whatever the clock says


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    count = parser.parse_args().requests
    with tempfile.TemporaryDirectory() as folder, simulated(Path(folder) / "data") as (simulator, env, places):
        tokens = {tenant: token_of(simulator, env, tenant) for tenant, _ in places}
        fill(Path(env["DATA_DIR"]), places[0][0])
        with serving(env | {"ACTIONS_REQUESTS_PER_SECOND": "1000000"}) as api:

            def through_the_api(http: httpx.Client, place: Place) -> None:
                tenant, customer = place
                headers = {"authorization": "Bearer simulator-token"}
                path = f"{api}/api/servicetitan/customers/{customer}"
                http.get(path, params={"tenant": tenant}, headers=headers).raise_for_status()

            def straight(http: httpx.Client, place: Place) -> None:
                tenant, customer = place
                headers = {"authorization": tokens[tenant], "st-app-key": APP_KEY}
                crm = f"{simulator}/crm/v2/tenant/{tenant}"
                http.get(f"{crm}/customers/{customer}", headers=headers).raise_for_status()
                contacts = {"customerIds": customer, "pageSize": 5000}
                http.get(f"{crm}/customers/contacts", params=contacts, headers=headers).raise_for_status()

            measured(through_the_api, places, len(places), 4)  # every tenant's token is there
            print(f"{'GET /customers/{id}':34}{'at once':>8}{'per second':>12}{'median ms':>11}{'p99 ms':>9}")
            measures.report("actions", min(compare(straight, through_the_api, places, count)))
            faults, slow = f"{simulator}/_control/faults", {"kind": "slow", "seconds": LATENCY, "times": -1}
            httpx.post(faults, json=slow).raise_for_status()
            print(f"\nwith {LATENCY * 1000:.0f} ms a call")
            compare(straight, through_the_api, places, count // 20)
            httpx.delete(faults).raise_for_status()

            def health(http: httpx.Client, _place: Place) -> None:
                http.get(f"{api}/api/servicetitan/health").raise_for_status()

            def gate(http: httpx.Client, place: Place) -> None:
                headers = {"authorization": "Bearer simulator-token"}
                answer = http.get(f"{api}/api/servicetitan/transitions/t{place[1]}", headers=headers)
                assert answer.json()["may_send"] is True, answer.text

            asked = [(0, 1 + n * 7919 % TRANSITIONS) for n in range(count)]
            print("\nthe gate")
            for name, asks in (("GET /health", health), ("GET /transitions/{id}", gate)):
                report(name, asks, asked, count)


def compare(straight: Request, through_the_api: Request, places: list[Place], count: int) -> list[float]:
    """Ratios."""
    theirs = report("ServiceTitan's two calls, straight", straight, places, count)
    ours = report("actions API", through_the_api, places, count)
    ratios = {at_once: rate / theirs[at_once] for at_once, rate in ours.items()}
    for at_once, ratio in ratios.items():
        print(f"{'actions API, as a part of straight':34}{at_once:>8}{ratio:>12.2f}")
    return [*ratios.values()]


def report(name: str, request: Request, places: list[Place], count: int) -> dict[int, float]:
    """Requests per second, by how many are under way at once."""
    rates = {}
    for at_once in (1, 8):
        rates[at_once], median, p99 = measured(request, places, count, at_once)
        print(f"{name:34}{at_once:>8}{rates[at_once]:>12,.0f}{median:>11.1f}{p99:>9.1f}", flush=True)
    return rates


def token_of(simulator: str, env: dict[str, str], tenant: int) -> str:
    name = f"SERVICETITAN_TENANTS__T{tenant - 1000}__"
    form = {"grant_type": "client_credentials"}
    form |= {"client_id": env[f"{name}CLIENT_ID"], "client_secret": env[f"{name}CLIENT_SECRET"]}
    return str(httpx.post(f"{simulator}/connect/token", data=form).json()["access_token"])


if __name__ == "__main__":
    main()
