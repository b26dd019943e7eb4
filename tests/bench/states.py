"""How fast states are derived: ``python -m tests.bench.states [--customers N]``.

Raw tables are filled by SQL, eight events to a customer; every part runs in a process of its own. (a) is a full
derivation, from the raw tables to all marts, and ticks on top of it, with their guards, each with its publication for
analysts; (b) the floor: the bare fold over prepared events, a recursive CTE over their numbers. Then the same with a
tenth of the customers.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from pipelines.analytics.publish import publish
from pipelines.derivation.dbt import project_manifest
from pipelines.derivation.derive import derive
from tests.bench.measures import report
from tests.states.warehouse import Warehouse

CHANGES = (0, 100, 10_000)
TENANT = 410387862
TENANTS = 20  # where they are many
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
EVENTS = 8
SLOWEST = 8
Figures = dict[str, float]

# customers come over four years; each has a sale with its install and, 200 days later, another inquiry
CUSTOMERS = """
    insert into servicetitan.customers by name
    select tenant_id, i as id, 'Customer ' || i as name, true as active, born as created_on,
        born as modified_on, '1' as _dlt_load_id
    from born
"""
CONTACTS = """
    insert into servicetitan.customer_contacts by name
    select tenant_id, 2 * i + k as id, i as customer_id, ['Email', 'MobilePhone'][k + 1] as type,
        ['person ' || i || '@example.com', '213 555 2800'][k + 1] as value, true as active,
        '{"marketingUpdatesEnabled": true}'::json as preferences, born as created_on, born as modified_on,
        '1' as _dlt_load_id
    from born, range(2) as kinds (k)
"""
LOCATIONS = """
    insert into servicetitan.locations by name
    select tenant_id, i as id, i as customer_id, 'Home' as name, true as active,
        json_object('street', i || ' Main Street', 'city', 'Pasadena', 'state', 'CA', 'zip', '91101') as address,
        born as created_on, born as modified_on, '1' as _dlt_load_id
    from born
"""
LEADS = """
    insert into servicetitan.leads by name
    select tenant_id, 2 * i + k as id, i as customer_id, 'Open' as status, true as active,
        born + to_days(200 * k::integer) as created_on, created_on as modified_on, '1' as _dlt_load_id
    from born, range(2) as rounds (k)
"""
JOBS = """
    insert into servicetitan.jobs by name
    select tenant_id, 3 * i + k as id, i as customer_id, i as location_id, [1, 2, 1][k + 1] as job_type_id,
        ['Completed', 'Completed', 'Scheduled'][k + 1] as job_status,
        born + to_days([1, 10, 201][k + 1]) as created_on,
        born + to_days([3, 20, 201][k + 1]) as modified_on,
        case when k < 2 then modified_on end as completed_on, '1' as _dlt_load_id
    from born, range(3) as visits (k)
"""
APPOINTMENTS = """
    insert into servicetitan.appointments by name
    select tenant_id, id, id as job_id, customer_id, true as active, created_on, created_on as modified_on,
        _dlt_load_id
    from servicetitan.jobs
"""
ASSIGNMENTS = """
    insert into servicetitan.appointment_assignments by name
    select tenant_id, id, id as appointment_id, job_id, 'Ann Doe' as technician_name, true as active,
        created_on as assigned_on, created_on, modified_on, _dlt_load_id
    from servicetitan.appointments
"""
ESTIMATES = """
    insert into servicetitan.estimates by name
    select tenant_id, i as id, 3 * i as job_id, i as customer_id, true as active,
        '{"value": 1, "name": "Sold"}'::json as status, born + to_days(3) as created_on,
        born + to_days(5) as sold_on, sold_on as modified_on, '1' as _dlt_load_id
    from born
"""
CHANGE = """
    insert into servicetitan.leads by name
    select tenant_id, 1000000000 + 100000 * {changes} + i as id, customers.id as customer_id, 'Open' as status,
        timestamptz '{at}' as created_on, timestamptz '{at}' as modified_on, 'tick {changes}' as _dlt_load_id
    from range({changes}) as numbers (i), (select count(*) as customers from servicetitan.customers) as counted
    inner join servicetitan.customers on customers.id = i * counted.customers // {changes};
    insert into servicetitan.changes by name
    select (select max(change_id) from servicetitan.changes) + row_number() over () as change_id, tenant_id,
        'leads' as source_table, id::varchar as source_id, customer_id, _dlt_load_id
    from servicetitan.leads where _dlt_load_id = 'tick {changes}'
"""
PREPARED = """
    create table events as
    select (i // {events})::integer as customer, (i % {events})::integer as position,
        [1, 2, 3, 4, 5, 6, 1, 2][i % {events} + 1]::tinyint as to_state
    from range({customers} * {events}) as numbers (i)
    order by position, customer
"""
FOLD = """
    create table folded as
    with recursive cells as (
        select to_state, list(case when to_state > from_state or to_state = 1 then to_state else from_state end
            order by from_state) as next_states
        from range(0, 7) as froms (from_state), range(1, 7) as tos (to_state)
        group by to_state
    ),
    folded as (
        select customer, -1 as position, 0::tinyint as state from events where position = 0
        union all
        select events.customer, events.position, cells.next_states[folded.state + 1]::tinyint
        from folded
        inner join events on folded.customer = events.customer and folded.position + 1 = events.position
        inner join cells on events.to_state = cells.to_state
    )
    from folded where position >= 0
"""


def fill(folder: Path, customers: int, tenants: int = 1) -> None:
    warehouse = Warehouse(folder / "warehouse.duckdb", folder / "dbt")
    ids = range(TENANT, TENANT + tenants)
    kinds = ((1, "Sales Visit"), (2, "Install"))
    types = [{"tenant_id": one, "id": kind, "name": name} for one in ids for kind, name in kinds]
    named = [{"tenant_id": one, "tenant_name": "socal" if one == TENANT else f"town{one}"} for one in ids]
    warehouse.load({"tenants": named, "job_types": types})
    with duckdb.connect(warehouse.path) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute("set memory_limit = '3GB'")
        con.execute(f"""
            create temp view born as
            select {TENANT} + i % {tenants} as tenant_id, i,
                timestamptz '2022-07-01 09:00:00Z' + to_days((i % 1250)::integer) as born
            from range({customers}) as numbers (i)
        """)
        for rows in (CUSTOMERS, CONTACTS, LOCATIONS, LEADS, JOBS, APPOINTMENTS, ASSIGNMENTS, ESTIMATES):
            con.execute(rows)
    prepare(folder)


def derive_at(folder: Path, as_of: datetime, *, tests: bool) -> Figures:
    done = derive(folder / "warehouse.duckdb", as_of, work_dir=folder / "dbt", tests=tests)
    wrong = [node.unique_id for node in done.nodes if node.status not in ("success", "pass", "warn")]
    assert wrong == [], wrong
    slowest = sorted(done.nodes, key=lambda node: -node.seconds)[:SLOWEST] if done.reason else []
    return {node.unique_id.split(".")[2]: node.seconds for node in slowest}


def everything(folder: Path, _customers: int) -> Figures:
    return derive_at(folder, NOW, tests=False)


def tick(folder: Path, changes: int) -> Figures:
    return derive_at(folder, NOW + timedelta(minutes=1 + changes), tests=True)


def change(folder: Path, changes: int) -> None:
    prepare(folder)
    if changes:
        with duckdb.connect(folder / "warehouse.duckdb") as con:
            con.execute(CHANGE.format(changes=changes, at=NOW.isoformat()))


def published(folder: Path, size: int) -> Figures:
    publish(folder / "warehouse.duckdb", folder / "analytics.duckdb", str(size))
    return {}


def prepare_fold(folder: Path, customers: int) -> None:
    with duckdb.connect(folder / "fold.duckdb") as con:
        con.execute(PREPARED.format(events=EVENTS, customers=customers))


def fold(folder: Path, customers: int) -> Figures:
    with duckdb.connect(folder / "fold.duckdb") as con:
        con.execute(FOLD)
        assert con.execute("select count(*) from folded").fetchone() == (customers * EVENTS,)
    return {}


def prepare(folder: Path, _size: int = 0) -> None:
    """What an earlier run of the process has left: dbt is imported and the manifest is read."""
    import dbt.cli.main  # noqa: F401

    project_manifest(folder / "warehouse.duckdb", folder / "dbt")


# what is measured, and what comes before it in the same process
PARTS: dict[str, tuple[Callable[[Path, int], None], Callable[[Path, int], Figures]]] = {
    "fill": (fill, lambda *_: {}),
    "fill for many tenants": (lambda folder, customers: fill(folder, customers, TENANTS), lambda *_: {}),
    "everything": (prepare, everything),
    "tick": (change, tick),
    "publish": (lambda *_: None, published),
    "fold": (prepare_fold, fold),
}


def measure(part: str, folder: Path, size: int) -> None:
    """In this process; one line of JSON."""
    before, work = PARTS[part]
    before(folder, size)
    wall, cpu = time.perf_counter(), time.process_time()
    nodes = work(folder, size)
    figures = {
        "nodes": nodes,
        "seconds": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "peak_mb": peak_mb("self"),
    }
    print(json.dumps(figures))


def peak_mb(pid: int | str) -> float:
    """The most memory that a process had (Linux). What `resource` says of it counts its parent's, too, from before it
    became another program."""
    return int(Path(f"/proc/{pid}/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024


def measured(part: str, folder: Path, size: int, label: str = "") -> Figures:
    command = [sys.executable, "-m", "tests.bench.states", f"--part={part}", f"--folder={folder}", f"--size={size}"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures = json.loads(output.splitlines()[-1])
    nodes: Figures = figures.pop("nodes")
    if label:
        print(
            f"{label:44} {figures['seconds']:8.2f} s {figures['cpu']:8.1f} s CPU {figures['peak_mb']:6.0f} MB peak",
            flush=True,
        )
        print("".join(f"        {seconds:6.2f} s {node}\n" for node, seconds in nodes.items()), end="", flush=True)
    return dict(figures)


def taken(folder: Path) -> Figures:
    """MB on the disk of each file and folder in it."""
    found = Counter[str]()
    for path in folder.rglob("*"):
        found[path.relative_to(folder).parts[0]] += path.lstat().st_blocks * 512
    return {name: size / 2**20 for name, size in sorted(found.items())}


def bench(customers: int, filled: str = "fill") -> dict[str, Figures]:
    """By part; ``disk``: what there is in the end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{customers:,} customers with {EVENTS} events each", flush=True)
        found = {"floor": measured("fold", folder, customers, "(b) floor: the bare fold")}
        (folder / "fold.duckdb").unlink()
        measured(filled, folder, customers)
        found["ours"] = measured("everything", folder, customers, "(a) everything, to all marts")
        found["published"] = measured("publish", folder, 0, "    its publication")
        for changes in CHANGES:
            found[f"{changes}"] = measured("tick", folder, changes, f"    a tick with {changes:,} changed customers")
            found[f"{changes} published"] = measured("publish", folder, changes, "    its publication")
        found["disk"] = taken(folder)
    return found


def compare(many: Mapping[str, Figures], few: Mapping[str, Figures]) -> None:
    seconds = {name: figures["seconds"] for name, figures in many.items() if name != "disk"}
    report("derivation", seconds["ours"] / seconds["floor"])
    report("derivation_peak", many["ours"]["peak_mb"] / 1024)
    report("tick_growth", seconds["100"] / few["100"]["seconds"])
    report("publication", seconds["100 published"] / seconds["100"])
    report("first_publication", seconds["published"] / seconds["ours"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        measure(options.part, options.folder, options.size)
        return
    compare(bench(options.customers), bench(options.customers // 10))


if __name__ == "__main__":
    main()
