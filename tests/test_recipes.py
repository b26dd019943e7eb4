"""What the guide says about adding a state, an event, a stream and an action is enough: done to the word in a copy."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "orchestration" / "README.md").read_text()
PARTS = ("dbt_project", "pipelines", "orchestration", "tests", "README.md", "pyproject.toml", ".env.example")
STATES, RULES = (f"dbt_project/seeds/{seed}.csv" for seed in ("customer_states", "state_transition_rules"))
ESTIMATES = "dbt_project/models/intermediate/int_events__estimates.sql"
SEED_TEST = "dbt_project/tests/seeds/customer_events_are_whole.sql"
CATALOGUE = "pipelines/actions/catalogue.py"
# where a block does not go to the end of its file: before this
PLACES = {
    ESTIMATES: "events as (\n",
    "dbt_project/models/staging/_staging__sources.yml": "      - name: tenants\n",
    "pipelines/servicetitan/streams.py": ")\nSTREAM = {",
    CATALOGUE: "# No action of Flow Builder's",
}
DERIVED = """
import json
from datetime import UTC, datetime
from pathlib import Path
from pipelines.actions.catalogue import UPDATE_STATE, entry
from tests.states.warehouse import Warehouse

created, approved, now = (datetime(2026, 5, day, tzinfo=UTC) for day in (1, 2, 3))
warehouse = Warehouse(Path("warehouse.duckdb"), Path("dbt"))
warehouse.load({
    "tenants": [{"tenant_id": 1, "tenant_name": "socal"}],
    "customers": [{"tenant_id": 1, "id": one, "created_on": created} for one in (11, 12, 13)],
    "estimates": [
        {"tenant_id": 1, "id": 21, "customer_id": 11, "created_on": created, "modified_on": approved,
         "review_status": "Approved"},
        {"tenant_id": 1, "id": 22, "customer_id": 12, "created_on": created, "modified_on": approved},
    ],
    "state_updates": [{"tenant_id": 1, "id": "a", "customer_id": 13, "to_state": 3.5, "set_at": created}],
})
done = warehouse.derive(now, tests=True)
field = entry(UPDATE_STATE).input_schema["properties"]["state"]
print(json.dumps({
    "wrong": [node.message for node in done.nodes if node.status not in ("success", "pass")],
    "states": warehouse.rows(
        "select servicetitan_customer_id, current_state::double, current_state_name"
        " from marts.customer_servicetitan_state order by all"
    ),
    "log": warehouse.rows(
        "select from_state::double, to_state::double, flow_name, event_id"
        " from marts.customer_state_transitions where servicetitan_customer_id = 11 order by position"
    ),
    "labels": dict(zip(field["enum"], field["x-enum-labels"])),
}))
"""
ACTED = """
from tests.actions.conftest import Api


def test_it_is_in_the_document_and_at_its_route(api: Api, ada: int) -> None:
    document = api.get(f"{api.url}/openapi.json").json()
    assert "/api/servicetitan/customers/{customer_id}/jobs/count" in document["paths"]
    assert api.read(f"/customers/{ada}/jobs/count", tenant="socal").json() == {"jobs": 0}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy, to be changed."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "pictures"))
        else:
            shutil.copy(ROOT / part, tmp_path / part)
    return tmp_path


def blocks(title: str) -> dict[str, str]:
    """The guide's paragraphs on it: file -> what is written there. The file is the last one named before."""
    said = GUIDE.partition(f"**{title}**")[2].partition("\n**")[0]
    parts = re.split(r"^```\w+\n(.*?)^```", said, flags=re.DOTALL | re.MULTILINE)
    return {
        re.findall(r"`([\w./]+/\w+\.\w+)`", prose)[-1]: block
        for prose, block in zip(parts[:-1:2], parts[1::2], strict=True)
    }


def write(project: Path, path: str, block: str) -> None:
    file = project / path
    text = file.read_text() if file.exists() else ""
    if place := PLACES.get(path):
        before, found, after = text.partition(place)
        assert found, f"{path} has no {place!r} any more"
        file.write_text(before + block + ("\n" if path.endswith(".sql") else "") + found + after)
    else:
        file.write_text(text + block)


def replace(project: Path, path: str, old: str, new: str) -> None:
    text = (project / path).read_text()
    assert old in text, f"{path} has no {old!r} any more"
    (project / path).write_text(text.replace(old, new, 1))


def run(project: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=project, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check(project: Path, *tests: str) -> None:
    """The suite's own, on the copy."""
    run(project, "-m", "pytest", "-n0", "--basetemp", str(project / "tmp"), *tests)


def add_state(project: Path) -> None:
    for path, block in blocks("a new state").items():
        write(project, path, block)
    states = re.findall(r"^([\d.]+),", (project / STATES).read_text(), re.MULTILINE)
    pairs = [(state, "3.5") for state in states] + [("3.5", state) for state in states if state != "3.5"]
    said = (project / RULES).read_text()
    ignored = [f"{start},{end},ignore\n" for start, end in pairs if f"\n{start},{end}," not in said]
    write(project, RULES, "".join(ignored))


def add_event(project: Path) -> None:
    for path, block in blocks("a new event").items():
        write(project, path, block)
    sold = "    select * from sales\n"
    replace(project, ESTIMATES, sold, f"{sold}    union all\n    select * from approvals\n")
    replace(project, SEED_TEST, "'state_set',", "'state_set', 'estimate_approved',")


@pytest.mark.prove
def test_a_state_and_an_event_that_leads_to_it(project: Path) -> None:
    add_state(project)
    add_event(project)
    said: dict[str, Any] = json.loads(run(project, "-c", DERIVED).splitlines()[-1])
    assert said["wrong"] == []
    assert said["states"] == [
        [11, 3.5, "Financing Approved"],
        [12, 3.0, "Estimates Created"],
        [13, 3.5, "Financing Approved"],
    ]
    assert said["log"] == [
        [0.0, 3.0, "Unsold Estimates", "estimate:21:created"],
        [3.0, 3.5, "Offer the Install", "estimate:21:approved"],
    ]
    assert said["labels"]["3.5"] == "Financing Approved"


@pytest.mark.prove
def test_the_rest_of_the_states_stays_as_it_was(project: Path) -> None:
    add_state(project)
    add_event(project)
    check(project, "tests/states/test_unit_tests.py", "tests/states/test_oracle.py")


@pytest.mark.prove
def test_a_stream(project: Path) -> None:
    for path, block in blocks("a new stream").items():
        write(project, path, indent(block.rstrip(), " " * 4) + ",\n" if path.endswith("streams.py") else block)
    check(  # not its way to the deliveries: that is the work of the event that it is read for
        project,
        "tests/states/test_streams.py",
        "tests/servicetitan/test_sync.py::test_every_record_of_every_tenant_arrives",
        "tests/servicetitan/test_sync.py::test_a_sync_without_news_changes_nothing_but_is_recorded",
        "tests/test_orchestration.py::test_the_lineage_of_dbt_is_the_one_that_dagster_dbt_would_draw",
        "tests/test_readme.py::test_the_scopes_that_it_asks_for_are_those_that_are_used",
    )


def test_an_action(project: Path) -> None:
    lacking = {
        "pipelines/actions/crm/listings.py": "from pipelines.actions.schemas.inputs import CountJobs\n"
        "from pipelines.actions.schemas.results import JobCount\n",
        CATALOGUE: "from pipelines.actions.crm.listings import count_jobs\n",
    }
    for path, block in blocks("a new action").items():
        write(project, path, "\n\n" + lacking.get(path, "") + block)
    replace(
        project,
        "pipelines/actions/catalogue.py",
        "        UPDATE_STATE,\n",
        "        UPDATE_STATE,\n        COUNT_JOBS,\n",
    )
    row = "| `servicetitan_count_jobs` | `GET /customers/{id}/jobs/count` | how many jobs the customer has |\n"
    replace(project, "pipelines/actions/README.md", "| | `POST /sync`", f"{row}| | `POST /sync`")
    replace(project, "tests/actions/test_catalogue.py", "TYPES = {\n", 'TYPES = {\n    "servicetitan_count_jobs",\n')
    (project / "tests/actions/test_added.py").write_text(ACTED)
    check(
        project,
        "tests/actions/test_added.py",
        "tests/actions/test_catalogue.py",
        "tests/actions/test_readme.py::test_every_action_is_in_the_table",
    )
