"""Deriving the customers' states from the raw tables."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path

import msgspec

from pipelines.dbt_process import invoke, project_version
from pipelines.pending import NEVER_DERIVED, PROJECT_CHANGED, pending

SEED_TESTS = "path:tests/seeds"


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
    """``reason`` says why dbt was started; without one nothing had changed and nothing was due. ``nodes`` are all:
    those that were not run this time as they were found last, for that still holds."""

    as_of: datetime
    reason: str | None
    nodes: tuple[NodeResult, ...]


def derive(warehouse: Path, as_of: datetime, *, work_dir: Path, tests: bool = True) -> Derivation:
    """Brings the marts up to date with the raw tables, for the moment ``as_of``.

    dbt opens the warehouse with settings of its own: no other connection of this process may be open on it, and none
    is left. ``work_dir`` takes dbt's target and log folders. A failed test is a result; a seed that fails its tests, or
    a seed or model that cannot be built, raises `DerivationError`.
    """
    kept = work_dir / f"derivation-{md5(str(warehouse.absolute()).encode()).hexdigest()}.json"
    before = msgspec.json.decode(kept.read_bytes(), type=tuple[NodeResult, ...]) if kept.exists() else ()
    reason = pending(warehouse, as_of, project_version())
    if reason is None and before:
        return Derivation(as_of, None, before)
    kept.unlink(missing_ok=True)
    run = _Dbt(warehouse, work_dir, as_of)
    built = _all(run) if reason in (NEVER_DERIVED, PROJECT_CHANGED) or not before else _tables(run)
    tested = run("test", "--exclude", SEED_TESTS, "resource_type:unit_test") if tests else ()
    nodes = tuple({node.unique_id: node for node in (*before, *built, *tested)}.values())
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(msgspec.json.encode(nodes))
    return Derivation(as_of, reason or "the last results were lost", nodes)


@dataclass(frozen=True)
class _Dbt:
    warehouse: Path
    work_dir: Path
    as_of: datetime

    def __call__(self, *arguments: str) -> tuple[NodeResult, ...]:
        clock = f"{self.as_of.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        variables = f"{{as_of: '{clock}', project_version: '{project_version()}'}}"
        done = invoke(*arguments, "--vars", variables, warehouse=self.warehouse, work_dir=self.work_dir)
        return tuple(
            NodeResult(one.node.unique_id, str(one.status), one.failures, one.message, one.execution_time)
            for one in done.results
        )


def _all(run: _Dbt) -> tuple[NodeResult, ...]:
    seeds = _sound(run("build", "--select", "resource_type:seed", SEED_TESTS, "--indirect-selection", "cautious"))
    return (*seeds, *_sound(run("run")))


def _tables(run: _Dbt) -> tuple[NodeResult, ...]:
    """Seeds and views stand as the project left them in the warehouse."""
    return _sound(run("run", "--exclude", "config.materialized:view"))


def _sound(nodes: tuple[NodeResult, ...]) -> tuple[NodeResult, ...]:
    failed = [node for node in nodes if node.status in ("error", "fail")]
    if failed:
        raise DerivationError("\n\n".join(f"{node.unique_id}: {node.message}" for node in failed))
    return nodes
