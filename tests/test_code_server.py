"""What the processes of the product import: those that runs are forked off, and a command that only says something."""

import os
import subprocess
import sys
from pathlib import Path

ALL_OF_IT = """
import sys, threading
from importlib import import_module
from orchestration.instance.code_server import IMPORTED
for name in IMPORTED:
    import_module(name)
from dbt_common.clients.jinja import template_cache
print(sorted({"dbt.cli.main", "dlt", "duckdb"} & sys.modules.keys()), threading.active_count(), end=" ")
print("macros are compiled" if template_cache.file_cache else "dbt has not read the project")
"""


def imported(env: dict[str, str]) -> str:
    asked = [sys.executable, "-c", ALL_OF_IT]
    return subprocess.run(asked, env=os.environ | env, capture_output=True, text=True, check=True, timeout=120).stdout


def test_all_that_a_run_needs_is_there_and_nothing_that_a_fork_would_lose(env: dict[str, str], tmp_path: Path) -> None:
    assert imported(env) == "['dbt.cli.main', 'dlt', 'duckdb'] 1 macros are compiled\n"
    assert not list(tmp_path.rglob("*.duckdb"))


def test_wrong_settings_are_for_the_run_to_say(env: dict[str, str]) -> None:
    said = imported(env | {"SYNC_SECONDS": "soon"})
    assert said == "['dbt.cli.main', 'dlt', 'duckdb'] 1 dbt has not read the project\n"


HELP = """
import sys
from click.testing import CliRunner
from orchestration.cli import main
assert CliRunner().invoke(main, ["--help"]).exit_code == 0
heavy = {"apprise", "dagster", "dbt", "dlt", "duckdb", "fastapi", "httpx", "pyarrow", "sqlalchemy"}
print(sorted(heavy & sys.modules.keys()))
"""


def test_help_imports_nothing_that_takes_long() -> None:
    said = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout == "[]\n"
