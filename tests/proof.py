"""What is proved, and how much of it in every run: a sample with ``make test``, the rest with ``make prove``.

``tests/proved.txt`` holds the digest of the proved paths as they were when everything last passed. As a program it
says whether that is still so (exit status 1: no), or, told to ``write``, that it is.
"""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[1]
PROVED = ROOT / "tests" / "proved.txt"
PATHS = (
    *("pipelines/analytics/lake", "tests/lake", "pipelines/shards.py", "orchestration/locks.py", "tests/shards"),
    *("dbt_project", "pipelines/flow_builder", "pipelines/annotations", "pipelines/operations"),
    *(
        f"pipelines/{name}.py"
        for name in (
            "addresses",
            "readings",
            "derivation/derive",
            "derivation/dbt",
            "derivation/freshness",
            "analytics/publish",
        )
    ),
    *("pipelines/servicetitan", "pipelines/warehouse.py", "pipelines/diagnostics.py", "orchestration/errors.py"),
    *(
        "pipelines/actions/crm",
        "pipelines/rehearsal",
        "pipelines/rules",
        "tests/flow_builder",
        "tests/oracle",
        "tests/rules",
        "tests/servicetitan",
        "tests/rehearsal",
        "tests/states",
        "requirements.txt",
    ),
    *("tests/mails", "tests/simulator/flow_builder", "tests/simulator/office"),
    *("orchestration/sensors.py", "orchestration/instance/orphans.py", "orchestration/instance/prune.py"),
    *(
        f"tests/{name}.py"
        for name in (
            "actions/test_households",
            "actions/test_line",
            "test_cli",
            "test_every_command_ends",
            "test_file_names",
            "test_going_live",
            "test_journey",
            "test_new_streams",
            "test_prune",
            "test_recipes",
            "test_restore_journey",
            "forks",
            "test_slow_starts",
        )
    ),
)
SUFFIXES = {".py", ".sql", ".csv", ".yml", ".json", ".txt"}
EVERY = 20

T = TypeVar("T")


def sample(mutants: Sequence[T]) -> list[T]:
    return list(mutants[::EVERY])


def digest() -> str:
    """Of the proved paths' names and contents."""
    whole = hashlib.sha256()
    for path in files():
        whole.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


def files() -> Iterator[Path]:
    for name in PATHS:
        path = ROOT / name
        if not path.exists():
            raise FileNotFoundError(f"{path} is said to be proved: mend PATHS")
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (one for one in found if one.is_file() and one.suffix in SUFFIXES)


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        PROVED.write_text(f"{digest()}\n")
    sys.exit(not PROVED.exists() or PROVED.read_text().strip() != digest())
