"""What the runs of `servicetitan-flow up` are forked off."""

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
