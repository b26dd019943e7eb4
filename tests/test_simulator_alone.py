"""The simulator in processes of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[1]


@contextmanager
def running(module: str, *arguments: str) -> Iterator[dict[str, Any]]:
    """What the process announced; it ends by SIGTERM, with success."""
    argv = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            assert process.wait(10) == 0


def test_it_announces_its_address_and_environment_and_is_steered_over_http() -> None:
    with running("tests.simulator.alone", "--customers", "3") as announced:
        assert announced["environment"]["SERVICETITAN_API_URL"] == announced["url"]
        added = httpx.post(f"{announced['url']}/_control/do/dfw/add_customer", json={"name": "Ada"})
        assert added.json()["result"] > 0


def test_prepared_pages_are_announced_with_their_number() -> None:
    with running("tests.simulator.pages", "--records", "10000") as announced:
        assert 5000 < announced["records"] < 15000
        assert announced["pages"]["410387862 export/customers"] == 1
