import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

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


@pytest.fixture
def warehouse(new_warehouse: Callable[[], Warehouse]) -> Warehouse:
    return new_warehouse()
