import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from pipelines.derivation.derive import results_path
from tests.states.warehouse import DerivedIn, Warehouse


@pytest.fixture(scope="session")
def work_dir(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Path:
    """dbt's folder for all warehouses."""
    return shutil.copytree(parsed_project, tmp_path_factory.mktemp("states") / "dbt")


@pytest.fixture
def new_warehouse(tmp_path: Path, work_dir: Path) -> Callable[[], Warehouse]:
    """Each call gives an empty one; the file's name is part of dbt's manifest, so the folders differ instead."""
    folders = iter(range(1000))

    def new() -> Warehouse:
        folder = tmp_path / str(next(folders))
        folder.mkdir()
        return Warehouse(folder / "warehouse.duckdb", work_dir)

    return new


@pytest.fixture(scope="session")
def empty(shared: Path, work_dir: Path) -> tuple[Path, bytes]:
    """A warehouse without records, and what its derivation came to. That one makes every view, and costs more than most
    tests: the workers do it once."""
    folder = shared / "empty"
    results = folder / "results"
    with FileLock(shared / "empty.lock"):
        if not results.exists():
            folder.mkdir()
            warehouse = Warehouse(folder / "warehouse.duckdb", work_dir)
            warehouse.derive(datetime(2000, 1, 1, tzinfo=UTC))
            results.write_bytes(results_path(warehouse.path, work_dir).read_bytes())
    return folder / "warehouse.duckdb", results.read_bytes()


@pytest.fixture(scope="session")
def derived_in(empty: tuple[Path, bytes], work_dir: Path) -> DerivedIn:
    """In this folder an empty one, with all that dbt makes in it."""

    def copied(folder: Path) -> Warehouse:
        path = folder / empty[0].name  # dbt's manifest has the name
        shutil.copy(empty[0], path)
        results_path(path, work_dir).write_bytes(empty[1])
        return Warehouse(path, work_dir)

    return copied


@pytest.fixture
def warehouse(derived_in: DerivedIn, tmp_path: Path) -> Warehouse:
    """An empty one, with all that dbt makes in it."""
    folder = tmp_path / "copied"
    folder.mkdir()
    return derived_in(folder)
