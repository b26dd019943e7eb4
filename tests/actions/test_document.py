"""The OpenAPI document, held against the API by schemathesis: no 5xx, no answer that it does not describe."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from pipelines.settings import Settings
from tests.actions.conftest import Open
from tests.actions.test_states import publish
from tests.actions.test_sync import Queue, dagster
from tests.simulator.world import Company, World

EXAMPLES = 5  # of each operation, in each of schemathesis's phases
PHASES = "examples,coverage,fuzzing"
# 422 is also for what no schema says: a number that is no phone number, a cursor of another question.
LEFT_OUT = "positive_data_acceptance"


def without_tenant(part: Any) -> Any:
    """The one tenant is the default, and a made-up one would only be refused."""
    if isinstance(part, list):
        return [without_tenant(item) for item in part if not (isinstance(item, dict) and item.get("name") == "tenant")]
    if isinstance(part, dict):
        return {name: without_tenant(value) for name, value in part.items() if name != "tenant"}
    return part


def test_every_answer_is_described(
    open_api: Open, settings: Settings, world: World, socal: Company, ada: int, tmp_path: Path
) -> None:
    socal.create_estimate(job_id=socal.book_job(ada, "sales"))
    publish(settings, ada, 2.0, world.now() - timedelta(hours=1))
    with dagster(Queue()) as url:
        api = open_api("t", ACTIONS_TOKENS="caller:t:rw:socal", DAGSTER_URL=url, ACTIONS_REQUESTS_PER_SECOND="10000")
        document = without_tenant(httpx.get(f"{api.url}/openapi.json").json())
        (tmp_path / "openapi.json").write_text(json.dumps(document))
        options = {
            "url": api.url,
            "header": "Authorization: Bearer t",
            "max-examples": EXAMPLES,
            "seed": 1,
            "phases": PHASES,
        }
        options |= {"exclude-checks": LEFT_OUT, "no-color": True}
        run = subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"),
                "run",
                tmp_path / "openapi.json",
                *(f"--{name}" if value is True else f"--{name}={value}" for name, value in options.items()),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
    print(run.stdout[-4000:])
    assert run.returncode == 0
