"""Every kind of page of the console, warm, over real HTTP; and what a person who clicks without pause takes from the
actions API.

``python -m tests.bench.console --customers 1000000``: a published copy and a store with that many customers, about two
deliveries each, made for this; the server, the caller and the one who clicks are processes of their own. Pages that are
not there yet are left out.
"""

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import psutil
import yaml  # type: ignore[import-untyped]

from pipelines.analytics.customer_index import value_hash
from pipelines.derivation.dbt import PROJECT
from pipelines.operations import open_operations, stamp, transaction
from tests.console.visitor import USERS, Visitor

TENANT, PORT = 410387862, 8496
NOW = datetime.now(UTC)
LIMIT = 200  # milliseconds, of the 95th percentile
SALT = b"salt of the bench"
TYPES = {"text": "varchar"}
API = "/api/servicetitan/customers/{}/state?tenant=socal"
TOKEN = "bench-token"
BATCH = f"{TENANT}-{stamp(NOW)}"

# Entered between now and three years ago; each second is a lead with an estimate after it.
STATES = """
    create temp table given as
    select
        i as n, 100000 + i as customer_id, case when i % 2 = 0 then 3.0 else 2.0 end as state,
        $now::timestamptz - to_seconds(i * (94608000 // $customers)) as entered_at
    from range($customers) as numbers(i);
    insert into marts.customer_servicetitan_state by name
    select
        uuid() as id, $tenant as tenant_id, 'socal' as tenant_name, customer_id as servicetitan_customer_id,
        ['Ada', 'Bob', 'Cleo', 'Dana', 'Ewa', 'Finn'][1 + n % 6] || ' ' || md5(n::varchar)[:8] || ' Moss'
            as customer_name,
        true as customer_is_active, state as current_state,
        case when state = 3 then 'Estimates Created' else 'Sales Appointment Booked' end as current_state_name,
        entered_at as state_changed_at, entered_at + interval 90 day as reset_due_at, entered_at as created_at,
        entered_at as updated_at
    from given;
    insert into marts.customer_state_transitions by name
    select
        md5('t' || n || to_state) as transition_id, $tenant as tenant_id, 'socal' as tenant_name,
        customer_id as servicetitan_customer_id, from_state, to_state, 'before' as from_state_name,
        'after' as to_state_name, 'What to Expect' as flow_name, 'estimate_created' as event_name,
        'estimate:' || n || ':' || to_state as event_id, 'estimates' as source_table, n::varchar as source_id,
        entered_at as occurred_at, entered_at as detected_at, false as is_baseline, false as is_reclassified,
        row_number() over (partition by customer_id order by to_state) as position
    from given, (values (0.0, 2.0), (2.0, 3.0)) as steps(from_state, to_state)
    where to_state <= state;
    insert into marts.customer_events by name
    select
        tenant_id, tenant_name, servicetitan_customer_id, event_id, event_name, to_state, occurred_at, source_table,
        source_id, from_state, 'accept' as rule, 'accepted' as verdict, position
    from marts.customer_state_transitions;
    insert into marts.customer_state_spans by name
    select
        tenant_id, tenant_name, servicetitan_customer_id, from_state as previous_state, to_state as state,
        'after' as state_name, occurred_at as entered_at
    from marts.customer_state_transitions;
    create table main.publication as
    select 'bench' as derivation_id, $now::timestamptz as as_of, '' as besides_version, 0 as published_at
"""
# Two of each customer: one in eight was not sent, one in fifty is held, one in a thousand is dead.
DELIVERIES = """
    insert into deliveries (
        sequence, webhook_id, kind, transition_id, tenant_id, customer_id, told_state, flow_name, suppressed,
        occurred_at, body, created_at, batch, status, reason, attempts, delivered_at, last_status
    )
    with recursive numbers (i) as (select 1 union all select i + 1 from numbers where i < 2 * :customers),
    given as (
        select
            i,
            case
                when i > 1.96 * :customers then 'held'
                when i % 1000 = 7 then 'dead'
                when i % 8 = 0 then 'not_sent'
                else 'delivered'
            end as status,
            strftime(
                '%Y-%m-%dT%H:%M:%S.000000Z', :now, '-' || ((2 * :customers - i) * 47304000 / :customers) || ' seconds'
            ) as at
        from numbers
    )
    select
        i, 'w' || i, 'changed', 't' || i, :tenant, 100000 + i / 2, 2.0,
        case when i % 16 = 1 then null when i % 3 = 0 then 'What to Expect' else 'Unsold Estimates' end,
        case when i % 16 = 1 then 'do_not_mail' end, at, :body, at,
        case status when 'held' then :batch end, status,
        case
            when status = 'dead' then 'cut off'
            when status = 'not_sent' then case when i % 16 then 'shadow' else 'stale' end
        end,
        status in ('delivered', 'dead'), case status when 'delivered' then at end,
        case status when 'delivered' then 202 when 'dead' then 400 end
    from given
"""
ATTEMPTS = """
    insert into attempts (webhook_id, started_at, ended_at, http_status, milliseconds, answer)
    select webhook_id, created_at, created_at, last_status, 40, 'thank you' from deliveries where attempts
"""
INDEX = "insert into customer_index values (?, 'customer_contacts', ?, ?, ?)"
ENQUEUED = "insert into enqueues (tenant_id, derivation_id, read_at) values (?, 'bench', ?)"


def phone(n: int) -> str:
    return f"+1213{2_000_000 + n:07}"


def publish(analytics: Path, customers: int) -> None:
    """All marts with their columns, and rows where pages of many customers come from."""
    with duckdb.connect(analytics) as con:
        con.execute("set TimeZone = 'UTC'; create schema marts")
        for file in sorted(PROJECT.glob("models/marts/**/*.yml")):
            for model in yaml.safe_load(file.read_text()).get("models", ()):
                columns = ", ".join(f'"{one["name"]}" {one.get("data_type", "varchar")}' for one in model["columns"])
                con.execute(
                    f"create table marts.{model.get('config', {}).get('alias', named(model['name']))} ({columns})"
                )
        values = {"now": NOW, "customers": customers, "tenant": TENANT}
        for statement in STATES.split(";"):
            con.execute(statement, {name: value for name, value in values.items() if f"${name}" in statement})


def named(model: str) -> str:
    """A view under another name than its file's."""
    return {"customer_event_verdicts": "customer_events"}.get(model, model)


def fill(operations: Path, customers: int) -> None:
    values = {
        "customers": customers,
        "tenant": TENANT,
        "now": stamp(NOW),
        "batch": BATCH,
        "body": b'{"x": 1}' + b" " * 1100,
    }
    with open_operations(operations) as con, transaction(con):
        con.execute(ENQUEUED, [TENANT, stamp(NOW)])
        con.execute(DELIVERIES, values)
        con.execute(ATTEMPTS)
        con.execute("insert into customer_index_salts values (?, ?)", [TENANT, SALT])
        hashed = ((TENANT, n, 100000 + n, value_hash(SALT, "phone", phone(n))) for n in range(customers))
        con.executemany(INDEX, hashed)


def variables(data_dir: Path) -> dict[str, str]:
    tenant = {"ID": str(TENANT), "CLIENT_ID": "id", "CLIENT_SECRET": "secret", "TIMEZONE": "America/Los_Angeles"}
    return {
        "SERVICETITAN_APP_KEY": "ak1.bench",
        "DATA_DIR": str(data_dir),
        "DAGSTER_URL": "http://127.0.0.1:1",
        "ACTIONS_TOKENS": f"bench:{TOKEN}",
        "ACTIONS_REQUESTS_PER_SECOND": "1000000",
        "CONSOLE_USERS": USERS,
        **{f"SERVICETITAN_TENANTS__SOCAL__{name}": value for name, value in tenant.items()},
    }


@contextmanager
def serving(env: Mapping[str, str], folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    command: list[str | Path] = [Path(sys.executable).with_name("servicetitan-flow"), "serve", "--port", str(PORT)]
    url = f"http://127.0.0.1:{PORT}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | env, stdout=log, stderr=log, cwd=folder)
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


def pages(customers: int, i: int) -> dict[str, str]:
    """By what they are; each time about somebody else."""
    n = i * 7919 % customers
    day = NOW - timedelta(days=1 + i % 5)
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
        "a held batch": f"/console/deliveries?batch={BATCH.replace(':', '%3A')}",
        "a message": f"/console/deliveries?id=w{1 + 2 * n}",
        "rules": "/console/tenants/socal/rules",
        "rehearsal": "/console/tenants/socal/rehearsal",
        "integrations": "/console/integrations",
        "leads": "/console/leads",
        "report": "/console/report",
        "decisions": "/console/decisions",
    }


def there(visitor: Visitor, customers: int) -> list[str]:
    """Kinds of pages, warm; those that are not there yet are left out."""
    found = []
    for kind, path in pages(customers, 0).items():
        answers = [visitor.get(pages(customers, i)[kind]) for i in range(3)]
        if answers[0].status_code == 404:
            print(f"{kind:32} not there: {path}")
        else:
            answers[0].raise_for_status()
            found.append(kind)
    return found


def measure_pages(visitor: Visitor, server: psutil.Process, customers: int, clicks: int) -> list[str]:
    """Those kinds that are slower than they may be. The server's CPU is what a busy machine leaves as it is."""
    slow, kinds = [], there(visitor, customers)
    print(f"\n{'a page, warm':32}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}")
    for kind in kinds:
        before = cpu(server)
        p50, p95 = percentiles([seconds(visitor, pages(customers, i)[kind]) for i in range(3, 3 + clicks)])
        spent = (cpu(server) - before) * 1000 / clicks
        slow += [kind] * (p95 > LIMIT)
        print(f"{kind:32}{p50:>9.1f}{p95:>9.1f}{spent:>9.1f}{'  over' * (p95 > LIMIT)}", flush=True)
    return slow


def cpu(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])


def seconds(http: httpx.Client, path: str, **options: Any) -> float:
    began = time.perf_counter()
    http.get(path, **options).raise_for_status()
    return time.perf_counter() - began


def percentiles(times: list[float]) -> tuple[float, float]:
    return statistics.median(times) * 1000, statistics.quantiles(times, n=20)[18] * 1000


def click(url: str, customers: int) -> None:
    """Until it is ended."""
    with Visitor(url, "ola") as visitor:
        kinds = [kind for kind, path in pages(customers, 0).items() if visitor.get(path).status_code == 200]
        i = 0
        while True:
            for kind in kinds:
                visitor.get(pages(customers, i)[kind])
                i += 1


@contextmanager
def clicking(url: str, customers: int) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=click, args=(url, customers), daemon=True)
    process.start()
    time.sleep(5)
    try:
        yield
    finally:
        process.kill()
        process.join(10)


def measure_api(url: str, customers: int, asks: int) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}

    def asked(http: httpx.Client) -> tuple[float, float]:
        paths = [API.format(100000 + i * 7919 % customers) for i in range(asks)]
        return percentiles([seconds(http, path, headers=headers) for path in paths])

    with httpx.Client(base_url=url, trust_env=False, timeout=60) as http:
        asked(http)
        alone = asked(http)
        with clicking(url, customers):
            beside = asked(http)
    print(f"\n{'GET /customers/{id}/state':32}{'p50 ms':>9}{'p95 ms':>9}")
    for name, (p50, p95) in (("alone", alone), ("beside one who clicks", beside)):
        print(f"{name:32}{p50:>9.1f}{p95:>9.1f}")
    print(f"{'ratio':32}{beside[0] / alone[0]:>9.2f}{beside[1] / alone[1]:>9.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--clicks", type=int, default=30, help="on each kind of page")
    parser.add_argument("--asks", type=int, default=500, help="of the actions API")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        publish(folder / "analytics.duckdb", asked.customers)
        fill(folder / "operations.sqlite", asked.customers)
        print(f"{asked.customers:,} customers in {time.perf_counter() - began:.0f} s", flush=True)
        with serving(variables(folder), folder) as (url, server):
            with Visitor(url, "ola") as visitor:
                slow = measure_pages(visitor, server, asked.customers, asked.clicks)
            measure_api(url, asked.customers, asked.asks)
    if slow:
        raise SystemExit(f"over {LIMIT} ms: {', '.join(slow)}")


if __name__ == "__main__":
    main()
