"""Deriving the customers' states from the raw tables."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.dbt_process import invoke


class DerivationError(Exception):
    """A seed or a model could not be built; the message has a paragraph for each, with dbt's words."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one seed, model or test; ``failures`` counts the rows that a test found."""

    unique_id: str
    status: str
    failures: int | None
    message: str | None
    seconds: float


@dataclass(frozen=True)
class Derivation:
    as_of: datetime
    nodes: tuple[NodeResult, ...]


def derive(warehouse: Path, as_of: datetime, *, work_dir: Path, tests: bool = True) -> Derivation:
    """Brings the marts up to date with the raw tables, for the moment ``as_of``.

    dbt opens the warehouse with settings of its own: no other connection of this process may be open on it, and none
    is left. ``work_dir`` takes dbt's target and log folders. A failed test is a result; a failed seed or model raises
    `DerivationError`.
    """
    clock = f"{{as_of: '{as_of.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'}}"
    built = _run("build", "--exclude-resource-type", "test", clock, warehouse, work_dir)
    failed = [node for node in built if node.status == "error"]
    if failed:
        raise DerivationError("\n\n".join(f"{node.unique_id}: {node.message}" for node in failed))
    tested = _run("test", clock, warehouse, work_dir) if tests else ()
    return Derivation(as_of, (*built, *tested))


def _run(*arguments: Any) -> tuple[NodeResult, ...]:
    *command, clock, warehouse, work_dir = arguments
    done = invoke(
        *command, "--exclude-resource-type", "unit_test", "--vars", clock, warehouse=warehouse, work_dir=work_dir
    )
    return tuple(
        NodeResult(one.node.unique_id, str(one.status), one.failures, one.message, one.execution_time)
        for one in done.results
    )
