"""Dagster's databases as their first use leaves them: to make them takes 0.2 s of a core, and the disk's time."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg
import pytest

YAML = "dagster.yaml"


def fill(home: Path) -> None:
    """A folder with a ``dagster.yaml``, or with none."""
    yaml = home / YAML
    for name, content in _databases(yaml.read_text() if yaml.exists() else "").items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@cache
def _databases(yaml: str) -> dict[str, bytes]:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as variables:
        home = Path(folder)
        variables.setenv("DAGSTER_HOME", folder)
        (home / YAML).write_text(yaml)
        with dg.DagsterInstance.from_config(folder) as instance:
            instance.get_runs()
            instance.get_asset_keys()
            instance.all_instigator_state()
        return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*.db")}
