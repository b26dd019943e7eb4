"""Deriving the customers' states from the raw tables."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path

import msgspec

from pipelines.dbt_process import invoke, project_version
from pipelines.pending import pending


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
    """``reason`` says why dbt was started. Without one nothing had changed and nothing was due: dbt was not started,
    and the nodes are those of the last derivation, for what it found still holds."""

    as_of: datetime
    reason: str | None
    nodes: tuple[NodeResult, ...]


def derive(warehouse: Path, as_of: datetime, *, work_dir: Path, tests: bool = True) -> Derivation:
    """Brings the marts up to date with the raw tables, for the moment ``as_of``.

    dbt opens the warehouse with settings of its own: no other connection of this process may be open on it, and none
    is left. ``work_dir`` takes dbt's target and log folders. A failed test is a result; a failed seed or model raises
    `DerivationError`.
    """
    version, kept = (
        project_version(),
        work_dir / f"derivation-{md5(str(warehouse.absolute()).encode()).hexdigest()}.json",
    )
    reason = pending(warehouse, as_of, version)
    if reason is None and kept.exists():
        return Derivation(as_of, None, msgspec.json.decode(kept.read_bytes(), type=tuple[NodeResult, ...]))
    kept.unlink(missing_ok=True)
    variables = f"{{as_of: '{as_of.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}', project_version: '{version}'}}"
    folders = {"warehouse": warehouse, "work_dir": work_dir}
    nodes = _run("build", "--exclude-resource-type", "test", "--vars", variables, **folders)
    _raise_for_errors(nodes)
    nodes += _run("test", "--vars", variables, **folders) if tests else ()
    kept.write_bytes(msgspec.json.encode(nodes))
    return Derivation(as_of, reason or "no results were kept", nodes)


def _run(*arguments: str, warehouse: Path, work_dir: Path) -> tuple[NodeResult, ...]:
    done = invoke(*arguments, "--exclude-resource-type", "unit_test", warehouse=warehouse, work_dir=work_dir)
    return tuple(
        NodeResult(one.node.unique_id, str(one.status), one.failures, one.message, one.execution_time)
        for one in done.results
    )


def _raise_for_errors(nodes: tuple[NodeResult, ...]) -> None:
    failed = [node for node in nodes if node.status == "error"]
    if failed:
        raise DerivationError("\n\n".join(f"{node.unique_id}: {node.message}" for node in failed))
