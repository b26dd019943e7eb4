"""How many machines, and how much money: ``python -m tests.bench.plan [--figures FILE WORDS]… [--write] …``.

Prints `orchestration/deploy/shards/plan.md`, reckoned from the measured figures in ``figures.json`` beside it and from
what is assumed, prices among it. ``--figures`` takes figures of a run of ``python -m tests.bench`` in their place, or
of a file that BENCH_FIGURES named, with words for where they are from; ``--write`` keeps both.
"""

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

from tests.bench.measures import MEASURES

PLACE = Path(__file__).parents[2] / "orchestration" / "deploy" / "shards"
FIGURES, PAGE = PLACE / "figures.json", PLACE / "plan.md"
SIZES = (20_000_000, 200_000_000)
HOURS, DAYS = 730, 30.4  # of a month
KB, MB = 2**10 / 1e9, 2**20 / 1e9  # in GB
PER_SECOND = 60  # calls that ServiceTitan takes, of a tenant and app
TRIP = 0.001  # seconds, to the catalog
GIVEN_UP = 60  # seconds: pipelines/analytics/lake/run.py
AT_ONCE = 4  # publications, with kills and maintenance between: tests/lake
NEEDED = (
    *("growth_customers", "growth_tick_cpu", "growth_tick_seconds", "growth_full_cpu", "growth_full_seconds"),
    *("growth_tick_peak", "growth_full_peak", "growth_disk", "growth_programs", "growth_console_peak"),
    *("growth_look_calls", "growth_sync_calls", "idle_run_own_seconds", "idle_run_own_cpu", "idle_hourly"),
    *("dispatchers_4", "dispatchers_own_cpu", "dispatchers_server_cpu", "dispatchers_commits", "dispatchers_log"),
    *("dispatchers_kept", "dispatchers_index", "lake_cpu", "lake_server_cpu", "lake_peak"),
    *(
        "lake_trips",
        "lake_far_seconds",
        "lake_requests",
        "lake_files",
        "lake_cpu_grows",
        "lake_trips_grow",
        "lake_requests_grow",
        "lake_data",
        "lake_data_added",
        "lake_catalog",
    ),
    *("lake_catalog_added", "lake_shards", "lake_cpu_added", "lake_trips_added"),
)
Measured = Mapping[str, float]


def assumed(default: float, words: str) -> Any:
    return field(default=default, metadata={"words": words})


@dataclass(frozen=True)
class Assumed:
    """What nobody has measured, each with its words. Prices are plain round numbers, and no vendor's."""

    tenant: int = assumed(100_000, "customers of a tenant")
    shard: int = assumed(1_000_000, "customers of a shard")
    changed: float = assumed(0.02, "of the customers change on a day, each with one message")
    busiest: float = assumed(0.1, "of a day's changes come in its busiest hour")
    hours: float = assumed(10, "hours of a day in which every sync finds changes, and begins as the one before ends")
    maintained: float = assumed(1, "times in these hours `lake-maintain` puts the lake's files together")
    look: float = assumed(5, "seconds between two looks at ServiceTitan (CHANGE_SENSOR_SECONDS)")
    contacts: float = assumed(2, "contacts of a customer in the index")
    years: float = assumed(1, "years of deliveries in PostgreSQL")
    connections: float = assumed(8, "connections of a shard to PostgreSQL, Dagster's among them")
    commits: float = assumed(150, "commits of a sync in PostgreSQL, Dagster's events among them")
    cores: float = assumed(8, "cores of a machine")
    memory: float = assumed(32, "GB of memory of a machine")
    full: float = assumed(0.7, "of cores and memory are planned for")
    server: float = assumed(32, "cores of the largest PostgreSQL that is at hand")
    most_connections: float = assumed(500, "connections that it is given")
    core_hour: float = assumed(0.04, "a core for an hour")
    memory_hour: float = assumed(0.005, "a GB of memory for an hour")
    disk_month: float = assumed(0.1, "a GB of disk for a month")
    managed: float = assumed(2, "times as much for PostgreSQL run by others, and as often again for its standby")
    store_month: float = assumed(0.025, "a GB in the object store for a month")
    requests: float = assumed(0.005, "a thousand requests to it, all as dear as a write")


class Limit(NamedTuple):
    """``load``: how much of it is used, 1 is all; ``found``: what uses it; ``words``: why that is all, what then."""

    name: str
    load: float
    found: str
    words: str


def publications_within(seconds: float, first: float, grows: float) -> float:
    """How many syncs follow each other, of which the first takes so long, and each one ``grows`` longer than the one
    before."""
    return (math.sqrt(first**2 + 2 * grows * seconds) - first) / grows if grows else seconds / first


class Plan:
    """For so many customers. GB, cores, seconds, and money in the currency of the prices."""

    def __init__(self, customers: int, measured: Measured, given: Assumed) -> None:
        self.customers, self.m, self.given = customers, measured, given
        self.shards = math.ceil(customers / given.shard)
        self.tenants = math.ceil(customers / given.tenant)
        self.in_shard = given.shard / given.tenant  # tenants
        self.syncs_of()
        self.machines_of()
        self.postgres_of()
        self.lake_of()
        self.money_of()

    def syncs_of(self) -> None:
        """Each shard beside it makes a publication dearer, and so does each one since it was maintained."""
        m, given = self.m, self.given
        more = max(0.0, m["lake_cpu_added"]) / 1000 * (self.shards - 1)
        self.beside = more + max(0.0, m["lake_trips_added"]) * TRIP * (self.shards - 1)
        grows_cpu = max(0.0, m["lake_cpu_grows"]) / 1000
        grows = grows_cpu + max(0.0, m["lake_trips_grow"]) * TRIP
        first = m["idle_run_own_seconds"] + m["growth_tick_seconds"] + m["lake_far_seconds"] + self.beside
        self.between = publications_within(given.hours * 3600 / given.maintained, first, grows)
        self.of_shard = self.between * given.maintained
        self.lake_seconds = m["lake_far_seconds"] + self.beside + grows * self.between / 2
        self.last = m["lake_far_seconds"] + self.beside + grows * self.between
        self.sync_seconds = given.hours * 3600 / self.of_shard
        lake_cpu = m["lake_cpu"] + more + grows_cpu * self.between / 2
        self.sync_cpu = m["idle_run_own_cpu"] + m["growth_tick_cpu"] + lake_cpu
        self.requests = m["lake_requests"] + max(0.0, m["lake_requests_grow"]) * self.between / 2
        self.syncs_a_day = self.of_shard * self.shards
        self.syncs_a_second = self.shards / self.sync_seconds
        self.deliveries_a_day = self.customers * given.changed
        self.deliveries_a_second = self.deliveries_a_day * given.busiest / 3600
        looks, reads = m["growth_look_calls"] / given.look, m["growth_sync_calls"] / self.sync_seconds
        self.calls_a_second = looks + reads

    def machines_of(self) -> None:
        m, given = self.m, self.given
        own = self.deliveries_a_second / self.shards * m["dispatchers_own_cpu"] / 1000
        self.shard_cores = self.sync_cpu / self.sync_seconds + m["idle_hourly"] / 3600 + own
        at_most = max(m["growth_full_peak"], m["growth_tick_peak"], m["lake_peak"])
        self.shard_memory = m["growth_programs"] + m["growth_console_peak"] + at_most
        fits = min(given.cores / self.shard_cores, given.memory / self.shard_memory) * given.full
        self.on_machine = max(1, math.floor(fits))
        self.machines = math.ceil(self.shards / self.on_machine)
        self.shard_disk = 2 * given.shard * m["growth_disk"] * KB + 1  # room for a copy, and Dagster's records
        scale = given.shard / m["growth_customers"]
        self.full_seconds, self.full_cpu = m["growth_full_seconds"] * scale, m["growth_full_cpu"] * scale

    def postgres_of(self) -> None:
        m, given = self.m, self.given
        self.rows = self.deliveries_a_day * 365 * given.years
        deliveries, contacts = (
            self.rows * m["dispatchers_kept"],
            self.customers * given.contacts * m["dispatchers_index"],
        )
        self.store_disk = (deliveries + contacts) * KB
        self.log_a_day = self.deliveries_a_day * m["dispatchers_log"] * KB
        messages = self.deliveries_a_second * m["dispatchers_server_cpu"] / 1000
        self.server_cores = messages + self.syncs_a_second * m["lake_server_cpu"]
        self.commits_a_second = (
            self.deliveries_a_second * m["dispatchers_commits"] + self.syncs_a_second * given.commits
        )
        self.connections = self.shards * given.connections
        self.server_size = max(2, 2 ** math.ceil(math.log2(self.server_cores / given.full)))

    def lake_of(self) -> None:
        m = self.m
        week = 7 * self.syncs_a_day
        self.lake_data = self.customers * m["lake_data"] * KB + week * m["lake_data_added"] * KB
        self.catalog = self.shards * m["lake_catalog"] * MB + week * m["lake_catalog_added"] * KB
        self.requests_a_month = self.syncs_a_day * DAYS * self.requests
        self.files = self.between * self.shards * m["lake_files"]

    def money_of(self) -> None:
        given = self.given
        machine = (given.cores * given.core_hour + given.memory * given.memory_hour) * HOURS
        server = self.server_size * (given.core_hour + 8 * given.memory_hour) * HOURS
        disk = (self.store_disk + self.catalog) * given.disk_month
        self.money = {
            "machines": self.machines * machine,
            "their disks": self.shards * self.shard_disk * given.disk_month,
            "PostgreSQL, with its standby": (server + disk) * given.managed * 2,
            "object store, GB": self.lake_data * given.store_month,
            "object store, requests": self.requests_a_month / 1000 * given.requests,
        }

    def limits(self) -> list[Limit]:
        """The fullest first."""
        m, given = self.m, self.given
        at_once = self.syncs_a_second * self.lake_seconds
        found = [
            Limit(
                "lake: publications at once",
                at_once / AT_ONCE,
                f"{at_once:.1f}",
                f"tried with {AT_ONCE}; then a lake for each group of shards",
            ),
            Limit(
                "lake: publications since it was maintained",
                self.last / GIVEN_UP,
                f"{self.between:,.0f}, the last takes {self.last:,.0f} s",
                f"one is given up after {GIVEN_UP} s, and each pays requests; then `lake-maintain` every hour",
            ),
            Limit(
                "lake: shards in one catalog",
                self.beside / m["lake_far_seconds"],
                f"{self.beside:.1f} s more",
                f"than {m['lake_far_seconds']:.1f} s alone; full where they double a publication; then the same",
            ),
            Limit(
                "PostgreSQL: connections",
                self.connections / given.most_connections,
                f"{self.connections:,.0f}",
                "locks are of sessions, so no pooler in transaction mode; then a server for each group",
            ),
            Limit(
                "PostgreSQL: cores",
                self.server_cores / given.full / given.server,
                f"{self.server_cores:.1f} busy",
                "of the largest server; then the catalog on one of its own",
            ),
            Limit(
                "PostgreSQL: deliveries a second",
                self.deliveries_a_second / m["dispatchers_4"],
                f"{self.deliveries_a_second:,.0f}",
                f"of {m['dispatchers_4']:,.0f} with 4 dispatchers, server and receiver on two cores; then more cores",
            ),
            Limit(
                "ServiceTitan: calls a second of a tenant",
                self.calls_a_second / PER_SECOND,
                f"{self.calls_a_second:.1f}",
                f"of {PER_SECOND}, whatever the number of tenants; then look less often",
            ),
        ]
        return sorted(found, key=lambda one: -one.load)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def figure(value: float) -> str:
    if value == int(value) or abs(value) >= 20:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 1 else f"{value:.2g}"


def planned(plans: Sequence[Plan]) -> list[str]:
    lines: dict[str, Sequence[float]] = {
        "tenants": [one.tenants for one in plans],
        "shards": [one.shards for one in plans],
        "of a shard: seconds from one sync's start to the next's, on average": [one.sync_seconds for one in plans],
        "of a shard: cores in busy hours": [one.shard_cores for one in plans],
        "of a shard: GB of memory": [one.shard_memory for one in plans],
        "of a shard: GB of disk, with room for a copy": [one.shard_disk for one in plans],
        "of a shard: minutes for all of its customers, after an upgrade": [one.full_seconds / 60 for one in plans],
        "shards on a machine": [one.on_machine for one in plans],
        "**machines**": [one.machines for one in plans],
        "deliveries a second, busiest hour": [one.deliveries_a_second for one in plans],
        "**PostgreSQL: cores of the server**": [one.server_size for one in plans],
        "PostgreSQL: rows of deliveries, millions": [one.rows / 1e6 for one in plans],
        "PostgreSQL: GB of the store": [one.store_disk for one in plans],
        "PostgreSQL: GB of the lake's catalog": [one.catalog for one in plans],
        "PostgreSQL: commits a second": [one.commits_a_second for one in plans],
        "PostgreSQL: GB of write-ahead log a day, of deliveries": [one.log_a_day for one in plans],
        "object store: GB": [one.lake_data for one in plans],
        "object store: thousand requests a day": [one.requests_a_month / DAYS / 1000 for one in plans],
        "object store: thousand files until they are put together": [one.files / 1000 for one in plans],
        "ServiceTitan: calls a second of all": [one.calls_a_second * one.tenants for one in plans],
    }
    lines |= {f"money a month: {name}": [one.money[name] for one in plans] for name in plans[0].money}
    lines["**money a month**"] = [sum(one.money.values()) for one in plans]
    lines["money a month, of 1,000 customers"] = [sum(one.money.values()) / one.customers * 1000 for one in plans]
    head = ["", *(f"{one.customers / 1e6:,.0f} million customers" for one in plans)]
    return table(head, [[name, *map(figure, values)] for name, values in lines.items()])


def breaks(plans: Sequence[Plan]) -> list[str]:
    """A row for each limit, in the order of the last plan."""
    by_name = [{limit.name: limit for limit in one.limits()} for one in plans]
    rows = []
    for name, limit in by_name[-1].items():
        shown = (f"{one[name].load:.0%}: {one[name].found}" for one in by_name)
        rows.append([name, *shown, limit.words])
    head = ["full", *(f"{one.customers / 1e6:,.0f} million" for one in plans), "why, and what then"]
    return table(head, rows)


def hourly(plans: Sequence[Plan]) -> list[str]:
    """What it would be with a lake that is maintained every hour."""
    found = []
    for one in plans:
        other = Plan(one.customers, one.m, replace(one.given, maintained=one.given.hours))
        money = f"{sum(other.money.values()):,.0f} in place of {sum(one.money.values()):,.0f}"
        found.append(f"{money} a month at {one.customers / 1e6:,.0f} million, the last publication {other.last:,.0f} s")
    return wrapped([f"With `lake-maintain` every hour: {found[0]}", *found[1:]])


def wrapped(parts: Sequence[str]) -> list[str]:
    return wrap(f"{'; '.join(parts)}.", 120, break_long_words=False, break_on_hyphens=False)


def page(kept: Mapping[str, Any], given: Assumed) -> str:
    """``kept``: key -> its ``value`` and where it is ``from``."""
    if missing := [key for key in NEEDED if key not in kept]:
        raise SystemExit(f"figures are missing: {', '.join(missing)}; run the benches that report them, then --figures")
    plans = [Plan(size, {key: float(kept[key]["value"]) for key in NEEDED}, given) for size in SIZES]
    sources = dict.fromkeys(kept[key]["from"] for key in NEEDED)
    measured = {
        source: [
            f"{MEASURES[key].name}: {figure(kept[key]['value'])} {MEASURES[key].unit}".rstrip()
            for key in NEEDED
            if kept[key]["from"] == source
        ]
        for source in sources
    }
    guessed = [
        f"`--{one.name.replace('_', '-')}` {getattr(given, one.name):,.10g} {one.metadata['words']}"
        for one in fields(given)
    ]
    small, large = plans
    return "\n".join(
        [
            "# How many machines, and how much money",
            "",
            "Written by `python -m tests.bench.plan --write`, which reckons it from figures that were measured, on one",
            "small machine, and from what is assumed; both stand below. **Prices are assumed**: plain round numbers,",
            "and no vendor's. Give it yours.",
            "",
            *planned(plans),
            "",
            f"What breaks first: at {small.customers / 1e6:,.0f} million **{small.limits()[0].name}**, at"
            f" {large.customers / 1e6:,.0f} million **{large.limits()[0].name}**.",
            "",
            *breaks(plans),
            "",
            *hourly(plans),
            "",
            "Measured, and extended in proportion; a shard's tick is taken as with the customers that are named:",
            "",
            *(
                line
                for source, found in measured.items()
                for line in (*wrapped([f"*{source}*: {found[0]}", *found[1:]]), "")
            ),
            "Assumed, each an option of the command:",
            "",
            *wrapped(guessed),
            "",
        ]
    )


def read(path: Path, words: str) -> dict[str, Any]:
    """Figures of a run, by key. Raises SystemExit where the file has none."""
    text = path.read_text()
    try:
        lines = [(one["key"], one["value"]) for one in json.loads(text)["measures"]]
    except (ValueError, KeyError):
        lines = [(one["measure"], one["value"]) for one in map(json.loads, text.splitlines())]
    found = {key: {"value": value, "from": words} for key, value in lines if value is not None and key in NEEDED}
    if not found:
        raise SystemExit(f"{path}: no figure of a plan is in it; expected what `python -m tests.bench growth` leaves")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figures", nargs=2, action="append", default=[], metavar=("FILE", "WORDS"))
    parser.add_argument("--write", action="store_true")
    for one in fields(Assumed):
        name = f"--{one.name.replace('_', '-')}"
        parser.add_argument(
            name, type=type(one.default), default=one.default, help=one.metadata["words"].replace("%", "%%")
        )
    asked = vars(parser.parse_args())
    kept = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    for path, words in asked["figures"]:
        kept |= read(Path(path), words)
    text = page(kept, Assumed(**{one.name: asked[one.name] for one in fields(Assumed)}))
    if asked["write"]:
        FIGURES.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
        PAGE.write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
