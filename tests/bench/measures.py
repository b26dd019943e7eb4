"""What `make bench` measures, with the goals. Each figure is a line of JSON in the file that BENCH_FIGURES names."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measure:
    """``bench``: the module that reports it, "" where a person does; ``goal``: none where the figure is for people, and
    for `tests.bench.plan` to reckon with; ``at_least``: it is the least, not the most."""

    bench: str
    name: str
    goal: float | None = None
    unit: str = ""  # none: a ratio
    at_least: bool = False

    def verdict(self, value: float | None) -> str:
        if value is None:
            return "not measured"
        if self.goal is None:
            return ""
        return "met" if (value >= self.goal if self.at_least else value <= self.goal) else "missed"

    def shown(self, value: float) -> str:
        return f"{value:.2f} {self.unit}".rstrip()

    @property
    def wanted(self) -> str:
        return "" if self.goal is None else f"{'≥' if self.at_least else '≤'} {self.goal:g} {self.unit}".rstrip()


MEASURES: Mapping[str, Measure] = {
    "latency_median": Measure("latency", "a change in ServiceTitan to its POST at Flow Builder, median", 8, "s"),
    "latency_p95": Measure("latency", "the same, 95th percentile", 15, "s"),
    "latency_probe": Measure("latency", "of which until the change is seen, on average", 3, "s"),
    "idle": Measure("ticks", "idle CPU of everything, two tenants / of Dagster with an empty code location", 1.1),
    "idle_run": Measure("ticks", "a sync that finds nothing / an empty Dagster run, wall", 1.2),
    "idle_run_cpu": Measure("ticks", "the same, CPU", 1.2),
    "idle_run_own_seconds": Measure("ticks", "a sync that finds nothing, wall", unit="s"),
    "idle_run_own_cpu": Measure("ticks", "a sync that finds nothing, CPU", unit="s"),
    "idle_hourly": Measure("ticks", "idle CPU of everything, two tenants, in an hour", unit="s"),
    "sync": Measure("sync", "a sync that finds 10 changes, 100,000 customers", 3, "s"),
    "derivation": Measure("states", "full derivation, 1,000,000 customers / the bare fold in DuckDB", 10),
    "derivation_peak": Measure("states", "its peak memory", 4, "GB"),
    "tick_growth": Measure("states", "a tick with 100 changes, 1,000,000 / 100,000 customers", 1.2),
    "publication": Measure("states", "publication of 100 changes, 1,000,000 customers / their derivation", 0.5),
    "first_publication": Measure("states", "first publication, 1,000,000 customers / full derivation", 0.4),
    "backfill": Measure("extract", "backfill, records a second / fetch and parse alone", 0.8, at_least=True),
    "backfill_peak": Measure("extract", "peak memory of a backfill of 3,000,000 records", 0.8, "GB"),
    "delivery": Measure("delivery", "deliveries a second / httpx alone", 0.8, at_least=True),
    "actions": Measure("actions", "actions API, who is who, a second / ServiceTitan's two calls", 0.6, at_least=True),
    "console": Measure("console", "the slowest page of the console, 1,000,000 customers, p95", 200, "ms"),
    "console_clicks": Measure("console", "actions API beside a click a second / alone, median", 1.2),
    "starts_definitions": Measure("starts", "import orchestration.definitions, CPU", 2, "s"),
    "starts_help": Measure("starts", "servicetitan-flow --help, CPU", 0.4, "s"),
    "growth": Measure("growth", "costs that grow with customers or tenants, and should not", 0),
    "growth_customers": Measure("growth", "customers of twenty tenants, for what follows"),
    "growth_tick_cpu": Measure("growth", "a tick with 100 changes and its copy, CPU", unit="s"),
    "growth_tick_seconds": Measure("growth", "the same, wall", unit="s"),
    "growth_full_cpu": Measure("growth", "a full derivation and its copy, CPU", unit="s"),
    "growth_full_seconds": Measure("growth", "the same, wall", unit="s"),
    "growth_tick_peak": Measure("growth", "peak memory of a tick", unit="GB"),
    "growth_full_peak": Measure("growth", "peak memory of a full derivation", unit="GB"),
    "growth_disk": Measure("growth", "disk of a customer, warehouse and copies", unit="KB"),
    "growth_store": Measure("growth", "disk of a delivery, SQLite", unit="KB"),
    "growth_programs": Measure("growth", "memory of everything that `up` started", unit="GB"),
    "growth_console_peak": Measure("growth", "peak memory of API and console", unit="GB"),
    "growth_look_calls": Measure("growth", "calls of a look at a tenant's lists"),
    "growth_sync_calls": Measure("growth", "calls of a sync of a tenant that finds nothing"),
    "dispatchers_wrong": Measure("dispatchers", "messages lost, twice or out of their customer's order", 0),
    "dispatchers_sqlite": Measure("dispatchers", "deliveries a second, SQLite, 1 dispatcher", unit="/s"),
    "dispatchers_1": Measure("dispatchers", "deliveries a second, PostgreSQL, 1 dispatcher", unit="/s"),
    "dispatchers_2": Measure("dispatchers", "deliveries a second, PostgreSQL, 2 dispatchers", unit="/s"),
    "dispatchers_4": Measure("dispatchers", "deliveries a second, PostgreSQL, 4 dispatchers", unit="/s"),
    "dispatchers_far_1": Measure("dispatchers", "deliveries a second, PostgreSQL 1 ms away, 1 dispatcher", unit="/s"),
    "dispatchers_far_2": Measure("dispatchers", "deliveries a second, PostgreSQL 1 ms away, 2 dispatchers", unit="/s"),
    "dispatchers_far_4": Measure("dispatchers", "deliveries a second, PostgreSQL 1 ms away, 4 dispatchers", unit="/s"),
    "dispatchers_own_cpu": Measure("dispatchers", "CPU of a delivery, dispatcher", unit="ms"),
    "dispatchers_server_cpu": Measure("dispatchers", "CPU of a delivery, PostgreSQL", unit="ms"),
    "dispatchers_commits": Measure("dispatchers", "transactions of a delivery in PostgreSQL"),
    "dispatchers_log": Measure("dispatchers", "write-ahead log of a delivery", unit="KB"),
    "dispatchers_kept": Measure("dispatchers", "a delivery in PostgreSQL, with its attempt", unit="KB"),
    "dispatchers_index": Measure("dispatchers", "a contact in the index of customers, PostgreSQL", unit="KB"),
    "lake_tick_cpu": Measure("lake", "a tick with 100 changes and its copy, no lake, CPU", unit="s"),
    "lake_tick_seconds": Measure("lake", "the same, wall", unit="s"),
    "lake_cpu": Measure("lake", "its publication into the lake, CPU", unit="s"),
    "lake_seconds": Measure("lake", "the same, wall", unit="s"),
    "lake_ratio": Measure("lake", "the tick's CPU with a lake / without"),
    "lake_server_cpu": Measure("lake", "CPU of a publication, PostgreSQL", unit="s"),
    "lake_peak": Measure("lake", "peak memory of a publication", unit="GB"),
    "lake_trips": Measure("lake", "round trips of a publication to the catalog"),
    "lake_far_seconds": Measure("lake", "wall of a publication, 1 ms more for each of them", unit="s"),
    "lake_s3_cpu": Measure("lake", "a publication into S3, CPU", unit="s"),
    "lake_requests": Measure("lake", "its requests to the object store"),
    "lake_files": Measure("lake", "files that a publication leaves"),
    "lake_cpu_grows": Measure(
        "lake", "what each publication adds to later ones, until files are put together, CPU", unit="ms"
    ),
    "lake_trips_grow": Measure("lake", "the same, round trips to the catalog"),
    "lake_requests_grow": Measure("lake", "the same, requests to the object store"),
    "lake_data": Measure("lake", "data of a customer in the lake", unit="KB"),
    "lake_data_added": Measure("lake", "data that a publication adds", unit="KB"),
    "lake_catalog": Measure("lake", "catalog of one shard", unit="MB"),
    "lake_catalog_added": Measure("lake", "what a publication adds to it", unit="KB"),
    "lake_shards": Measure("lake", "small shards beside, for what follows"),
    "lake_cpu_added": Measure("lake", "what each of them adds to a publication, CPU", unit="ms"),
    "lake_trips_added": Measure("lake", "the same, round trips to the catalog"),
    "make_test": Measure("", "make test, two cores", 7, "min"),
}
FIGURES = "BENCH_FIGURES"


def report(key: str, value: float) -> None:
    """Prints the figure beside its goal, and keeps it where there is a file for it."""
    measure = MEASURES[key]
    goal = f" (goal {measure.wanted})" if measure.wanted else ""
    print(f"{measure.name}: {measure.shown(value)}{goal}", flush=True)
    if kept := os.environ.get(FIGURES):
        with Path(kept).open("a") as file:
            file.write(json.dumps({"measure": key, "value": value}) + "\n")
