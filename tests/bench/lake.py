"""What a lake costs a sync: ``python -m tests.bench.lake [--customers N] [--ticks N] [--shards N]``.

The warehouse is that of `tests.bench.states`. After each tick with about a hundred changes, and its publication for
analysts, the copy is published into several lakes in turn, each with a catalog of its own in one PostgreSQL that waits
for its disk: with data in a folder, in S3 (SeaweedFS), and in a folder with the catalog behind a proxy that counts
round trips, without and with 1 ms more for each, and in a lake that has so many small ``shards``, too. Every part runs
in a process of its own; figures are medians, CPU is the sync's with that of what it started.
"""

import argparse
import json
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from pipelines.analytics.lake import run
from pipelines.analytics.lake.connection import open_lake
from pipelines.analytics.lake.place import place_of
from pipelines.analytics.lake.publish import publish
from pipelines.settings import Settings
from tests.bench import states
from tests.bench.measures import report
from tests.bench.ticks import cpu
from tests.servers.between import Between, between
from tests.servers.postgres import PostgresServer, postgres
from tests.servers.seaweedfs import KEY_ID, SeaweedServer, seaweedfs

CHANGES, SMALL = 100, 1000  # of a tick; customers of a small shard
FOLDER, S3, PROXY, FAR = "a folder", "S3", "a folder, catalog through a proxy", "a folder, catalog 1 ms away"
BESIDE = "the same proxy, more shards"
Figures = dict[str, float]
KEPT = """
    select pg_database_size(current_database()),
        (select count(*) from ducklake_data_file) + (select count(*) from ducklake_delete_file)
"""


@dataclass
class Lake:
    """``values``: what the settings say of it; ``trips`` and ``requests``: what passed on the way to catalog and store,
    where something stands between."""

    name: str
    values: Mapping[str, Any]
    catalog: str
    trips: Between | None = None
    requests: Between | None = None
    found: list[Figures] = field(default_factory=list)

    def settings(self, folder: Path, shard: str = "big") -> Settings:
        return settings_of(folder, {**self.values, "shard": shard})

    def publish(self, folder: Path, server: PostgresServer) -> Figures:
        assert server.process
        before = self.passed() | {"server": cpu([server.process])}
        asked = json.dumps([str(folder), {**self.values, "shard": "big"}])
        command = [sys.executable, "-m", "tests.bench.lake", "--part"]
        said = subprocess.run(command, check=True, input=asked, stdout=subprocess.PIPE, text=True).stdout
        time.sleep(0.5)  # until the server's process has ended, and is counted
        after = self.passed() | {"server": cpu([server.process])}
        found: Figures = json.loads(said)
        return found | {name: after[name] - before[name] for name in after}

    def passed(self) -> Figures:
        gates = {"trips": self.trips, "requests": self.requests}
        return {name: gate.trips if gate else 0 for name, gate in gates.items()}

    def kept(self) -> tuple[int, int]:
        """Bytes of the catalog, and files."""
        with closing(psycopg.connect(self.catalog, autocommit=True)) as con:
            found = con.execute(KEPT).fetchone()
        assert found
        return found[0], found[1]


def settings_of(folder: Path, values: Mapping[str, Any]) -> Settings:
    tenants = {"socal": {"id": states.TENANT, "client_id": "id", "client_secret": "secret"}}
    known: dict[str, Any] = {
        "servicetitan_app_key": "key",
        "servicetitan_tenants": tenants,
        "data_dir": folder,
        "_env_file": None,
    }
    return Settings(**known, **values)


def lakes(stack: ExitStack, folder: Path, server: PostgresServer, store: SeaweedServer | None) -> list[Lake]:
    def lake(name: str, place: str, trips: Between | None = None, **more: Any) -> Lake:
        url = server.create(place)
        through = url.replace(f":{server.port}/", f":{trips.port}/") if trips else url
        values = {"lake_catalog_url": through, "lake_data_url": str(folder / place), **more}
        return Lake(name, values, url, trips)

    made = [
        lake(FOLDER, "near"),
        lake(PROXY, "proxy", stack.enter_context(between(server.port))),
        lake(FAR, "far", stack.enter_context(between(server.port, 0.001))),
        lake(BESIDE, "beside", stack.enter_context(between(server.port))),
    ]
    if store:
        gate = stack.enter_context(between(store.ports["s3.port"]))
        key: dict[str, Any] = {"lake_s3_key_id": KEY_ID, "lake_s3_secret": store.secret}
        address: dict[str, Any] = {
            "lake_data_url": f"{store.create('lake')}/of/all",
            "lake_s3_endpoint": f"http://127.0.0.1:{gate.port}",
        }
        made.append(lake(S3, "store", **key, **address))
        made[-1].requests = gate
    return made


def spent(asked: str) -> Figures:
    """Of a publication in this process."""
    folder, values = json.loads(asked)
    settings = settings_of(Path(folder), values)
    began, before = time.perf_counter(), used()
    done = run.publish(settings)
    assert done
    return {
        "seconds": time.perf_counter() - began,
        "cpu": used() - before,
        "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        "rows": sum(done["rows"].values()),
        "is_full": done["is_full"],
    }


def used() -> float:
    """Seconds of CPU, with those of what has ended."""
    found = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in found)


def derived(folder: Path, customers: int) -> Path:
    folder.mkdir()
    for part, size in (("fill", customers), ("everything", customers), ("publish", 0)):
        states.measured(part, folder, size)
    return folder


def ticks(folder: Path, server: PostgresServer, all_: list[Lake], numbers: Iterable[int]) -> dict[str, list[Figures]]:
    """By what was done; each tick has a number of changes of its own."""
    found = defaultdict[str, list[Figures]](list)
    for number in numbers:
        derivation, copy = (states.measured(part, folder, CHANGES + number) for part in ("tick", "publish"))
        found["without"].append({name: derivation[name] + copy[name] for name in ("seconds", "cpu")})
        turn = number % len(all_)
        for lake in (*all_[turn:], *all_[:turn]):
            figures = lake.publish(folder, server)
            assert not figures["is_full"]
            found[lake.name].append(figures)
            show(f"  {number + 1}: {lake.name}", figures)
    return found


def medians(many: list[Figures]) -> Figures:
    return {key: median(one[key] for one in many) for key in many[0]}


def growth(many: list[Figures]) -> Figures:
    """What each publication adds to those after it, until `lake-maintain` puts files together."""
    return {key: (many[-1][key] - many[0][key]) / max(1, len(many) - 1) for key in many[0]}


def show(name: str, figures: Figures) -> None:
    counted = "".join(f"{figures.get(key, 0):>10,.0f}" for key in ("trips", "requests", "rows"))
    numbers = "".join(f"{figures.get(key, 0):>9.2f}" for key in ("seconds", "cpu", "server"))
    print(f"{name:36}{numbers}{counted}", flush=True)


def show_all(title: str, found: Mapping[str, Figures]) -> None:
    print(f"\n{title:36}{'wall s':>9}{'CPU s':>9}{'server s':>9}{'trips':>10}{'requests':>10}{'rows':>10}")
    for name, figures in found.items():
        show("derivation and copy, no lake" if name == "without" else name, figures)


def add_shards(lake: Lake, folder: Path, count: int) -> None:
    place = place_of(lake.settings(folder))
    assert place
    with open_lake(place, folder / "spill") as con:
        for n in range(count):
            publish(con, f"shard_small{n:03}", folder / "analytics.duckdb", datetime.now(UTC))


def bench(customers: int, count: int, shards: int, store: SeaweedServer | None, stack: ExitStack) -> None:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    server = stack.enter_context(postgres(durable=True))
    big = derived(folder / "big", customers)
    all_ = lakes(stack, folder, server, store)
    near, by_name = all_[0], {lake.name: lake for lake in all_}
    if shards:
        add_shards(by_name[BESIDE], derived(folder / "small", SMALL), shards)
    first = {lake.name: lake.publish(big, server) for lake in all_}
    show_all(f"{customers:,} customers: all, once", first)
    data, kept = sum(states.taken(folder / "near").values()), near.kept()
    each = ticks(big, server, all_, range(count))
    found = {name: medians(many) for name, many in each.items()}
    show_all(f"{CHANGES} changes, medians of {count}", found)
    more, now = sum(states.taken(folder / "near").values()) - data, near.kept()
    catalog, files = ((after - before) / count for after, before in zip(now, kept, strict=True))
    print(
        f"\ndata {data:,.1f} MB in {kept[1]} files, catalog {kept[0] / 2**20:,.1f} MB; each publication adds"
        f" {files:.0f} files with {more / count * 1024:,.0f} KB, and {catalog / 2**10:,.0f} KB to the catalog",
        flush=True,
    )
    grown = {name: growth(many) for name, many in each.items()}
    show_all("what each adds to those after it", {name: grown[name] for name in by_name})
    reports(found, by_name)
    report("lake_cpu_grows", grown[FOLDER]["cpu"] * 1000)
    report("lake_trips_grow", grown[PROXY]["trips"])
    if S3 in by_name:
        report("lake_requests_grow", grown[S3]["requests"])
    report("lake_data", data * 1024 / customers)
    report("lake_data_added", more * 1024 / count)
    report("lake_catalog", kept[0] / 2**20)
    report("lake_catalog_added", catalog / 2**10)
    report("lake_files", files)
    if shards:
        added = {name: (found[BESIDE][name] - found[PROXY][name]) / shards for name in ("cpu", "trips")}
        report("lake_shards", shards)
        report("lake_cpu_added", added["cpu"] * 1000)
        report("lake_trips_added", added["trips"])


def reports(found: Mapping[str, Figures], by_name: Mapping[str, Lake]) -> None:
    without, near = found["without"], found[FOLDER]
    report("lake_tick_cpu", without["cpu"])
    report("lake_tick_seconds", without["seconds"])
    report("lake_cpu", near["cpu"])
    report("lake_seconds", near["seconds"])
    report("lake_ratio", (without["cpu"] + near["cpu"]) / without["cpu"])
    report("lake_server_cpu", near["server"])
    report("lake_trips", found[PROXY]["trips"])
    report("lake_far_seconds", found[FAR]["seconds"])
    report("lake_peak", near["peak_mb"] / 1024)
    if S3 in by_name:
        report("lake_s3_cpu", found[S3]["cpu"])
        report("lake_requests", found[S3]["requests"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--ticks", type=int, default=5)
    parser.add_argument("--shards", type=int, default=20, help="0: none")
    parser.add_argument("--without-s3", action="store_true")
    parser.add_argument("--part", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(spent(sys.stdin.read())))
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and all that it started ends
    with ExitStack() as stack:
        store = None if options.without_s3 else stack.enter_context(seaweedfs())
        bench(options.customers, options.ticks, options.shards, store, stack)


if __name__ == "__main__":
    main()
