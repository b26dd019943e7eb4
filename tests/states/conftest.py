import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.derivation.derive import results_path
from tests.states.warehouse import Warehouse


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
def empty(tmp_path_factory: pytest.TempPathFactory, work_dir: Path) -> tuple[Warehouse, bytes]:
    """Without records; the first derivation, which makes every view, costs more than most tests."""
    warehouse = Warehouse(tmp_path_factory.mktemp("derived") / "warehouse.duckdb", work_dir)
    warehouse.derive(datetime(2000, 1, 1, tzinfo=UTC))
    return warehouse, results_path(warehouse.path, work_dir).read_bytes()


@pytest.fixture
def warehouse(empty: tuple[Warehouse, bytes], tmp_path: Path) -> Warehouse:
    """An empty one, with all that dbt makes in it."""
    warehouse, results = empty[0].copied(tmp_path / "copied"), empty[1]
    results_path(warehouse.path, warehouse.work_dir).write_bytes(results)
    return warehouse
