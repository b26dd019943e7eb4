"""dbt inside this process: the project, its manifest (parsed once), and an invocation."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).parents[2] / "dbt_project"
QUIET = ("--quiet", "--log-level", "none", "--log-level-file", "info", "--no-use-colors")
LOG_SIZE = ("--log-file-max-bytes", str(2**20))  # and five files beside it; dbt's own measure is ten times that

_one_at_a_time = RLock()  # dbt keeps its adapter, its flags and the environment per process
_manifests: dict[str, "Manifest"] = {}


class DbtError(Exception):
    """dbt could not read the project; the message is dbt's."""


@cache
def project_version() -> str:
    """A digest of the project's files and of dbt's version, taken once per process."""
    return _digest(".sql", ".yml", ".csv")


@cache
def code_version() -> str:
    """The same without the seeds, which are compared row by row, tenant by tenant."""
    return _digest(".sql", ".yml")


def _digest(*suffixes: str) -> str:
    digest = hashlib.sha256(f"{version('dbt-core')} {version('dbt-duckdb')}".encode())
    for path in sorted(p for p in PROJECT.rglob("*") if p.suffix in suffixes):
        digest.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def manifest_path(warehouse: Path, work_dir: Path) -> Path:
    """The project's manifest as JSON, parsed anew only where the project or dbt changed.

    A copy of our own: dbt writes its ``manifest.json`` at every command, and others would read the half of it.
    """
    stored = _stored(work_dir)
    if not stored.exists():
        _parse(warehouse, work_dir)
    return stored.with_suffix(".json")


def project_json(warehouse: Path, work_dir: Path) -> Any:
    """What stands in `manifest_path`."""
    path = manifest_path(warehouse, work_dir)
    try:
        return json.loads(path.read_bytes())
    except (ValueError, FileNotFoundError):  # damaged, or half of it gone
        _parse(warehouse, work_dir)
        return json.loads(path.read_bytes())


def invoke(*arguments: str, warehouse: Path, work_dir: Path, manifest: "Manifest | None" = None) -> Any:
    """One dbt command on the warehouse; the result is dbt's. Leaves no connection open."""
    from dbt.cli.main import dbtRunner

    with _one_at_a_time, _environment(WAREHOUSE_PATH=str(warehouse), RULES_DIR=str(rules_folder(work_dir))):
        try:
            runner = dbtRunner(manifest=manifest or project_manifest(warehouse, work_dir))
            return _result(runner.invoke([*arguments, *_folders(work_dir), *QUIET]))
        finally:
            _close()


def warm_up(warehouse: Path, work_dir: Path) -> None:
    """What the first command of a process pays for, 0.8 s of CPU: dbt's schemas, and the project's macros compiled.
    Opens no warehouse. Raises `DbtError`."""
    from dbt_common.clients.jinja import template_cache

    manifest = project_manifest(warehouse, work_dir)
    invoke("list", "--no-write-json", warehouse=warehouse, work_dir=work_dir)
    macros = manifest.macros
    needed = [name for node in manifest.nodes.values() for name in node.depends_on.macros]
    needed += [name for name, macro in macros.items() if macro.package_name != "dbt"]  # those found by their prefix too
    known = set[str]()
    while needed:
        if (name := needed.pop()) not in known and name in macros:
            known.add(name)
            needed += macros[name].depends_on.macros
            template_cache.get_node_template(macros[name])


def project_manifest(warehouse: Path, work_dir: Path) -> "Manifest":
    """The parsed project, one object per process."""
    stored = _stored(work_dir)
    if stored.name not in _manifests:
        _manifests[stored.name] = (_read(stored) if stored.exists() else None) or _parse(warehouse, work_dir)
    return _manifests[stored.name]


def _read(stored: Path) -> "Manifest | None":
    """Takes a new process 0.1 s, where dbt's own partial parsing takes 1.3 s. None where it is damaged."""
    from dbt.contracts.graph.manifest import Manifest

    try:
        return Manifest.from_msgpack(stored.read_bytes())
    except Exception:  # whatever its three libraries make of it
        return None


def _parse(warehouse: Path, work_dir: Path) -> "Manifest":
    from dbt.cli.main import dbtRunner

    with _one_at_a_time, _environment(WAREHOUSE_PATH=str(warehouse)):
        manifest: Manifest = _result(dbtRunner().invoke(["parse", *_folders(work_dir), *QUIET]))
    stored = _stored(work_dir)
    for stale in stored.parent.glob("manifest-*"):
        stale.unlink(missing_ok=True)
    draft = stored.with_suffix(f".{os.getpid()}")
    manifest.write(str(draft))  # type: ignore[no-untyped-call]
    draft.replace(stored.with_suffix(".json"))
    draft.write_bytes(manifest.to_msgpack())
    draft.replace(stored)
    return manifest


def _result(answer: "dbtRunnerResult") -> Any:
    if answer.exception is not None:
        raise DbtError(str(answer.exception)) from answer.exception
    return answer.result


def lend_manifest(work_dir: Path, other: Path) -> None:
    """So that another folder of dbt's need not parse the project, where the first one has."""
    for path in (_stored(work_dir), _stored(work_dir).with_suffix(".json")):
        if path.exists():
            _target(other).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, _target(other) / path.name)


def rules_folder(work_dir: Path) -> Path:
    """What dbt lays over the seeds: a copy of RULES_DIR as it was checked."""
    return work_dir / "rules"


def _target(work_dir: Path) -> Path:
    return work_dir / "target"


def _stored(work_dir: Path) -> Path:
    """A manifest names the database, which has one name whatever its file is called."""
    return _target(work_dir) / f"manifest-{project_version()}.msgpack"


def _folders(work_dir: Path) -> list[str]:
    return [
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(_target(work_dir)), "--log-path", str(work_dir / "logs"), *LOG_SIZE),
    ]


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _close() -> None:
    """dbt-duckdb keeps the file open until the process ends; the next one to open it may want other settings."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import cleanup_connections

    cleanup_connections()  # type: ignore[no-untyped-call]
    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
