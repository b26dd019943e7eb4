"""What `make bench` measures, with the goals. Each figure is a line of JSON in the file that BENCH_FIGURES names."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measure:
    """``bench``: the module that reports it, "" where a person does; ``at_least``: the goal is the least, not the
    most."""

    bench: str
    name: str
    goal: float
    unit: str = ""  # none: a ratio
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        return value >= self.goal if self.at_least else value <= self.goal

    def shown(self, value: float) -> str:
        return f"{value:.2f} {self.unit}".rstrip()

    @property
    def wanted(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.goal:g} {self.unit}".rstrip()


MEASURES: Mapping[str, Measure] = {
    "latency_median": Measure("latency", "a change in ServiceTitan to its POST at Flow Builder, median", 8, "s"),
    "latency_p95": Measure("latency", "the same, 95th percentile", 15, "s"),
    "latency_probe": Measure("latency", "of which until the change is seen, on average", 3, "s"),
    "idle": Measure("ticks", "idle CPU of everything, two tenants / of Dagster with an empty code location", 1.1),
    "idle_run": Measure("ticks", "a sync that finds nothing / an empty Dagster run, wall", 1.2),
    "idle_run_cpu": Measure("ticks", "the same, CPU", 1.2),
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
    "make_test": Measure("", "make test, two cores", 7, "min"),
}
FIGURES = "BENCH_FIGURES"


def report(key: str, value: float) -> None:
    """Prints the figure beside its goal, and keeps it where there is a file for it."""
    measure = MEASURES[key]
    print(f"{measure.name}: {measure.shown(value)} (goal {measure.wanted})", flush=True)
    if kept := os.environ.get(FIGURES):
        with Path(kept).open("a") as file:
            file.write(json.dumps({"measure": key, "value": value}) + "\n")
