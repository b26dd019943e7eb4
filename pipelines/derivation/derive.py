"""Deriving the customers' states from the raw tables."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path

import msgspec

from pipelines.derivation.dbt import code_version, invoke, project_version, rules_folder
from pipelines.derivation.freshness import (
    NEVER_DERIVED,
    PROJECT_CHANGED,
    RULES_CHANGED,
    Need,
    last_derivation,
    pending,
)
from pipelines.rules.files import read_rules
from pipelines.rules.in_force import version_of, write_rules

SEED_TESTS = "path:tests/seeds"
RESULTS_LOST = Need("the last results were lost", is_full=True)
GUARD_FAILED = Need("a guard has failed", is_full=True)


class DerivationError(Exception):
    """A seed or a model could not be built; the message has a line for each, with dbt's words."""


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


def derive(
    warehouse: Path, as_of: datetime, *, work_dir: Path, rules_dir: Path | None = None, tests: bool = True
) -> Derivation:
    """Brings the marts up to date with the raw tables, for the moment ``as_of``.

    dbt opens the warehouse with settings of its own: no other connection of this process may be open on it, and none
    is left. ``work_dir`` takes dbt's target and log folders, and a copy of the rules in ``rules_dir``, which are laid
    over the seeds. A failed test is a result; a seed that fails its tests, or a seed or model that cannot be built,
    raises `DerivationError`, and a file of rules that is wrong `RulesError`, before anything is done.
    """
    own = read_rules(rules_dir) if rules_dir else []
    kept = results_path(warehouse, work_dir)
    last = _read(kept) if kept.exists() else None
    if last and last.id != _id(warehouse):  # of another warehouse: one of a back-up stands here
        last = None
    need, doubt = pending(warehouse, as_of, project_version(), version_of(own)), why_not_trusted(last)
    need = need or (None if last and last.of_doubt else doubt)
    if need is None:
        return Derivation(as_of, None, last.nodes if last else ())
    kept.unlink(missing_ok=True)
    write_rules(own, rules_folder(work_dir))
    run = _Dbt(warehouse, work_dir, as_of, version_of(own), is_full=need.is_full or doubt is not None)
    built = _all(run) if last is None or need in (NEVER_DERIVED, PROJECT_CHANGED, RULES_CHANGED) else _tables(run)
    tested = run("test", "--exclude", SEED_TESTS, "resource_type:unit_test") if tests else ()
    nodes = tuple({node.unique_id: node for node in (*(last.nodes if last else ()), *built, *tested)}.values())
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(msgspec.json.encode(_Last(nodes, doubt is not None, _id(warehouse))))
    return Derivation(as_of, need.reason, nodes)


def results_path(warehouse: Path, work_dir: Path) -> Path:
    """What the last derivation came to; lost, the next one is of all customers."""
    return work_dir / f"last-derivation-{md5(str(warehouse.absolute()).encode()).hexdigest()}.json"


def _id(warehouse: Path) -> str | None:
    last = last_derivation(warehouse)
    return last.id if last else None


@dataclass(frozen=True)
class _Last:
    """The results of the derivation before, and whether it was one of all customers because of a doubt."""

    nodes: tuple[NodeResult, ...]
    of_doubt: bool
    id: str | None


def _read(kept: Path) -> _Last | None:
    """None where it is damaged: then it is lost."""
    try:
        return msgspec.json.decode(kept.read_bytes(), type=_Last)
    except msgspec.MsgspecError:
        return None


def why_not_trusted(last: _Last | None) -> Need | None:
    """Why the marts cannot be trusted. The tests look at changed customers only: until they pass for all, every
    derivation is one of all customers, so that what is wrong is either mended or goes on being found."""
    if last is None:
        return RESULTS_LOST
    return GUARD_FAILED if any(node.status in ("fail", "error") for node in last.nodes) else None


@dataclass(frozen=True)
class _Dbt:
    warehouse: Path
    work_dir: Path
    as_of: datetime
    rules_version: str
    is_full: bool

    def __call__(self, command: str, *arguments: str) -> tuple[NodeResult, ...]:
        clock = f"{self.as_of.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        variables = {
            "as_of": clock,
            "project_version": project_version(),
            "code_version": code_version(),
            "rules_version": self.rules_version,
        }
        options = ["--vars", json.dumps(variables), "--no-write-json"]  # files that nobody reads take 0.2 s each time
        if command == "test":
            options.append("--no-populate-cache")  # of relations, which nothing but a model asks for
        elif self.is_full:
            options.append("--full-refresh")
        done = invoke(command, *arguments, *options, warehouse=self.warehouse, work_dir=self.work_dir)
        return tuple(
            NodeResult(one.node.unique_id, str(one.status), one.failures, one.message, one.execution_time)
            for one in done.results
            if one.node.resource_type != "operation" or str(one.status) != "success"  # the hooks
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
        raise DerivationError("\n".join(f"{node.unique_id}: {_short(node.message or '')}" for node in failed))
    return nodes


def _short(message: str) -> str:
    """What failed, and why, stands in the first two lines; the rest is advice and SQL, and stands in dbt's log."""
    return " ".join(line.strip() for line in message.strip().splitlines()[:2])
