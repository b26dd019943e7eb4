"""All benches, or those that are named, and then one table: ``python -m tests.bench [NAME]… [--json FILE]``.

Their own lines come first. The table says of each measure what was found, its goal and whether that is met; so does
the file, with the machine and what it ran on beside. Exit status 1 where a bench failed; a goal that is missed is a
figure like any other.
"""

import argparse
import json
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from orchestration.cli.processes import python_module, running
from tests.bench.measures import FIGURES, MEASURES

BENCHES = (
    *("starts", "latency", "ticks", "sync", "extract", "states", "rehearse", "delivery", "actions"),
    *("trouble_actions", "console", "growth", "trouble", "dispatchers", "lake"),
)
VERSIONS = ("dagster", "dbt-core", "dbt-duckdb", "dlt", "duckdb")
LONGEST = 3600  # seconds for one bench
KEPT = Path("data/bench")
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; none: all")
    parser.add_argument("--json", type=Path, help=f"default: a new file in {KEPT}")
    parser.add_argument("--make-test", type=float, metavar="MINUTES", help="that `make test` took, by your watch")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.names) - set(BENCHES)):
        parser.error(f"found {', '.join(unknown)}; expected {', '.join(BENCHES)}")
    names, began, machine = asked.names or BENCHES, datetime.now(UTC), machine_of()
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures"
        failed = [name for name in names if not run(name, figures)]
        values = found(figures)
    if asked.make_test is not None:
        values["make_test"] = asked.make_test
    rows = table(values, names, failed)
    print("", *lines(rows), sep="\n")
    path = asked.json or KEPT / f"{began:%Y-%m-%dT%H-%M-%SZ}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {"began": began.isoformat(), "ended": datetime.now(UTC).isoformat(), "machine": machine, "measures": rows}
    path.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    print(f"\n{machine['cores']} cores, {machine['memory_gb']} GB, Python {machine['python']}; kept in {path}")
    if failed:
        raise SystemExit(1)


def run(name: str, figures: Path) -> bool:
    """Whether it came to its end."""
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"\n{name}, with a load of {load}", flush=True)
    began = time.monotonic()
    argv, env = python_module(f"tests.bench.{name}"), os.environ | {FIGURES: str(figures)}
    with running({name: argv}, env) as started, suppress(subprocess.TimeoutExpired):
        started[name].wait(LONGEST)
    status, took = started[name].returncode, time.monotonic() - began
    said = f"not at its end after {LONGEST} s" if took >= LONGEST else f"status {status}, {took:.0f} s"
    print(f"{name}: {said}", flush=True)
    return status == 0


def found(figures: Path) -> dict[str, float]:
    kept = figures.read_text().splitlines() if figures.exists() else []
    return {line["measure"]: line["value"] for line in map(json.loads, kept)}


def table(values: Mapping[str, float], names: Sequence[str], failed: Sequence[str]) -> list[Row]:
    """A row for each measure of these benches, and one for each bench that failed."""
    rows = [
        {
            "key": key,
            "measure": measure.name,
            "value": values.get(key),
            "goal": measure.wanted,
            "unit": measure.unit,
            "verdict": measure.verdict(values.get(key)),
        }
        for key, measure in MEASURES.items()
        if measure.bench in names or key in values
    ]
    failures = [
        {"key": name, "measure": f"bench {name}", "value": None, "goal": "", "unit": "", "verdict": "failed"}
        for name in failed
    ]
    return rows + failures


def lines(rows: Sequence[Row]) -> list[str]:
    """A table as Markdown has it."""
    shown = [("measure", "value", "goal", "verdict")]
    shown += [(row["measure"], value(row), row["goal"], row["verdict"]) for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    cells = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in shown]
    cells.insert(1, ["-" * width for width in widths])
    return [f"| {' | '.join(line)} |" for line in cells]


def value(row: Row) -> str:
    return "" if row["value"] is None else f"{row['value']:.2f} {row['unit']}".rstrip()


def machine_of() -> Row:
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in VERSIONS},
        "commit": commit.stdout.strip() or None,
        "load_before": [round(one, 1) for one in os.getloadavg()],
    }


if __name__ == "__main__":
    main()
