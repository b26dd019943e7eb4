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
}
FIGURES = "BENCH_FIGURES"


def report(key: str, value: float) -> None:
    """Prints the figure beside its goal, and keeps it where there is a file for it."""
    measure = MEASURES[key]
    print(f"{measure.name}: {measure.shown(value)} (goal {measure.wanted})", flush=True)
    if kept := os.environ.get(FIGURES):
        with Path(kept).open("a") as file:
            file.write(json.dumps({"measure": key, "value": value}) + "\n")
