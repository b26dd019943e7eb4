"""The examples of the room's README, run as they stand."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.actions import catalogue
from tests.actions.conftest import Api
from tests.simulator.world import Company

README = (Path(__file__).parents[2] / "pipelines" / "actions" / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_example_succeeds(api: Api, socal: Company) -> None:
    socal.book_job(socal.add_customer("Bob"), "sales")
    said = []
    before, *others = EXAMPLES
    setup = before.replace("http://127.0.0.1:8400", api.url)
    for example in ("", *others, others[0]):
        run = subprocess.run(["bash", "-ec", setup + "echo; echo ---\n" + example], capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
        said.append(run.stdout.partition("---\n")[2])
    created, found = json.loads(said[1]), json.loads(said[2])
    assert [customer["id"] for customer in found["customers"]] == [created["customer"]["id"]]
    assert said[-1] == said[1]


def test_every_action_is_in_the_table() -> None:
    assert set(re.findall(r"`(servicetitan_\w+)`", README)) == set(catalogue.ACTIONS)
