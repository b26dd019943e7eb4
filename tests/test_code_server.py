"""What the processes of the product import: those that runs are forked off, and a command that only says something."""

import subprocess
import sys

ALL_OF_IT = """
import sys
from importlib import import_module
from orchestration.instance.code_server import IMPORTED
for name in IMPORTED:
    import_module(name)
print(sorted({"orchestration.definitions", "dbt.cli.main", "dlt", "duckdb"} & sys.modules.keys()))
"""


def test_all_that_a_run_needs_is_there_and_no_settings_are() -> None:
    said = subprocess.run([sys.executable, "-c", ALL_OF_IT], capture_output=True, text=True, check=True, timeout=120)
    assert said.stdout == "['dbt.cli.main', 'dlt', 'duckdb']\n"


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
