"""`servicetitan-flow up`, and Dagster's UI in a real browser.

``PICTURES=folder`` keeps the screenshots, for the README.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from orchestration.cli.main import INCOMPLETE, main
from orchestration.cli.processes import LAST_WORDS, PATIENCE, command, running
from pipelines.operations import open_operations, stamp
from tests.browser import chromium
from tests.simulator.environment import SIGNING_SECRET, environment
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.office.history import seed_history
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World

AT_REST = """
query AtRest($keys: [AssetKeyInput!]!) {
  assetNodes {
    assetKey { path }
    assetMaterializations(limit: 1) { metadataEntries { label ... on IntMetadataEntry { intValue } } }
    assetChecksOrError { ... on AssetChecks { checks {
      name executionForLatestMaterialization { status evaluation { severity } }
    } } }
  }
  assetsLatestInfo(assetKeys: $keys) { assetKey { path } latestRun { status } }
}
"""
SYNCS = '{ runsOrError(filter: {pipelineName: "sync", statuses: [SUCCESS]}) { ... on Runs { results { runId } } } }'
KEYS = "{ assetNodes { assetKey { path } } }"
DELIVER_SENSOR = {
    "repositoryLocationName": "servicetitan-flow",
    "repositoryName": "__repository__",
    "sensorName": "deliver_sensor",
}
SENSOR = """query ($selector: SensorSelector!) { sensorOrError(sensorSelector: $selector) { ... on Sensor {
    id sensorState { ticks(limit: 1) { status } }
} } }"""
STOP = "mutation ($id: String!) { stopSensor(id: $id) { __typename } }"
START = "mutation ($selector: SensorSelector!) { startSensor(sensorSelector: $selector) { ... on Sensor { id } } }"
PREVIEW = """mutation ($selector: SensorSelector!) { sensorDryRun(selectorData: $selector, cursor: null) {
    ... on DryRunInstigationTick { evaluationResult { skipReason } }
} }"""
DUE = """
    insert into deliveries (webhook_id, kind, tenant_id, customer_id, told_state, body, created_at, status)
    values ('due', 'changed', 1, 1, 2.0, x'7b7d', ?, 'pending')
"""
STATUS = "select status from deliveries where webhook_id = 'due'"
CONSOLE = "https://flow.example.com"
MINUTE = 60_000  # milliseconds
MOST_LINES = 20


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Iterator[dict[str, str]]:
    """The variables of a product that has made a sync, then one that failed at the rules, then one that found nothing;
    dfw's estimates lack their scope."""
    data = tmp_path_factory.mktemp("ui")
    shutil.copytree(parsed_project, data / "dbt")
    world = World()
    seed_history(world, customers=20)
    simulator, receiver = ServiceTitan(world), Receiver([SIGNING_SECRET], clock=world.now)
    with (
        run_server(simulator.app) as url,
        run_server(receiver.app) as trigger,
        pytest.MonkeyPatch.context() as variables,
    ):
        env = environment(simulator, url, data, f"{trigger}/trigger")
        env |= {"DAGSTER_HOME": str(data / "dagster"), "SYNC_CRON": "0 4 * * *", "CHANGE_SENSOR_SECONDS": "0"}
        env |= {"CONSOLE_URL": CONSOLE}
        for name, value in env.items():
            variables.setenv(name, value)
        simulator.tokens.clients[world["dfw"].tenant_id].scopes.discard("tn.sal.estimates:r")
        assert CliRunner().invoke(main, ["sync"]).exit_code == INCOMPLETE
        wrong = data / "rules" / "customer_states.csv"
        wrong.parent.mkdir(exist_ok=True)
        wrong.write_text("state\nnone\n")
        assert "sync failed: " in CliRunner().invoke(main, ["sync"]).output
        wrong.unlink()
        assert CliRunner().invoke(main, ["sync"]).exit_code == INCOMPLETE
        yield os.environ | env


@dataclass(frozen=True)
class Product:
    """As `servicetitan-flow up` starts it; ``said``: all that it says."""

    dagster: str
    said: Path


@pytest.fixture(scope="module")
def product(env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    port, actions_port = free_port(), free_port()
    path = tmp_path_factory.mktemp("up") / "log"
    argv = command("servicetitan-flow", "up", "--port", port, "--actions-port", actions_port)
    with path.open("wb") as log, running({"up": argv}, env, log, PATIENCE + 2 * LAST_WORDS) as started:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, started["up"], path)
        yield Product(address, path)


@pytest.fixture(scope="module")
def dagster(product: Product) -> str:
    """The address of Dagster's UI."""
    return product.dagster


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def wait_for(address: str, webserver: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(120):
        assert webserver.poll() is None, log.read_text()
        try:
            if httpx.get(f"{address}/server_info", trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    expect.set_options(timeout=MINUTE)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(MINUTE)
        yield page


@pytest.fixture
def page(browser_page: Page, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    yield browser_page
    browser_page.wait_for_timeout(1500)  # until what moves has come to rest
    picture = request.node.name.removeprefix("test_the_").removeprefix("test_a_")
    browser_page.screenshot(path=Path(os.environ.get("PICTURES", tmp_path)) / f"{picture}.png")


def test_it_says_what_is_ready_and_where_and_what_is_off_and_why(product: Product) -> None:
    for _ in range(240):
        said = sorted(product.said.read_text().splitlines())
        if sum(": ready, " in line for line in said) == 3:
            break
        time.sleep(0.5)
    assert len(said) < MOST_LINES
    starting, log = next(line for line in said if line.startswith("starting")).split(": ")
    assert starting == "starting; what the programs say"
    assert Path(log).stat().st_size
    addresses = [re.fullmatch(r"(.*): ready, (http://127\.0\.0\.1:\d+.*)", line) for line in said]
    ready = {one[1]: one[2] for one in addresses if one}
    assert set(ready) == {"Dagster", "actions API"}
    for address in ready.values():
        assert httpx.get(address, trust_env=False, timeout=30).is_success
    assert "Dagster's daemon: ready, it runs schedules and sensors" in said
    assert "change sensor: off, CHANGE_SENSOR_SECONDS is 0; syncs start on SYNC_CRON (0 4 * * *)" in said
    assert "alerts: off, ALERT_URLS is not set" in said
    assert not any(line.startswith(("delivery", "actions API: off")) for line in said)


def test_a_second_instance_is_refused(dagster: str, env: dict[str, str]) -> None:  # noqa: ARG001
    argv = command("servicetitan-flow", "up", "--port", free_port())
    second = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (second.returncode, second.stderr.count("\n")) == (1, 1)
    assert "servicetitan-flow is up already" in second.stderr


def test_at_rest_every_check_shows_what_it_last_came_to_and_nothing_that_healed_is_red(dagster: str) -> None:
    keys = [{"path": node["assetKey"]["path"]} for node in asked(dagster, KEYS)["assetNodes"]]
    found = asked(dagster, AT_REST, keys=keys)
    checks = {
        f"{'/'.join(node['assetKey']['path'])} {check['name']}": check["executionForLatestMaterialization"]
        for node in found["assetNodes"]
        for check in node["assetChecksOrError"]["checks"]
    }
    assert len(checks) > 30
    assert {name for name, last in checks.items() if not last} == {"flow_builder/deliveries endpoint_answers"}, "unsent"
    assert {last["status"] for last in checks.values() if last} == {"SUCCEEDED", "FAILED"}
    red = {name for name, last in checks.items() if last and last["status"] == "FAILED" and is_error(last)}
    assert red == {"servicetitan/estimates complete"}
    runs = {"/".join(one["assetKey"]["path"]): one["latestRun"] for one in found["assetsLatestInfo"]}
    assert not [key for key, run in runs.items() if run and run["status"] != "SUCCESS"]


def test_customers_per_state_are_numbers_that_it_plots(dagster: str) -> None:
    nodes = {"/".join(one["assetKey"]["path"]): one for one in asked(dagster, AT_REST, keys=[])["assetNodes"]}
    [made] = nodes["marts/customer_servicetitan_state"]["assetMaterializations"]
    entries = {one["label"]: one.get("intValue") for one in made["metadataEntries"]}
    states = {label: count for label, count in entries.items() if label[0].isdigit()}
    assert len(states) == 9
    assert sum(states.values()) == entries["dagster/row_count"] == 40


def asked(dagster: str, query: str, **variables: Any) -> Any:
    question = {"query": query, "variables": variables}
    answer = httpx.post(f"{dagster}/graphql", json=question, trust_env=False, timeout=60).raise_for_status().json()
    assert "errors" not in answer, answer
    return answer["data"]


def is_error(last: Any) -> bool:
    return bool(last["evaluation"]["severity"] == "ERROR")


def test_the_lineage(dagster: str, page: Page) -> None:
    page.goto(f"{dagster}/asset-groups")
    for group in ("extract", "derive", "deliver", "publish", "actions"):
        expect(page.get_by_text(group, exact=True).last).to_be_visible()
    expect(page.get_by_text("fetching statuses")).to_have_count(0)


def test_a_mart(dagster: str, page: Page) -> None:
    page.goto(f"{dagster}/assets/marts/customer_servicetitan_state")
    expect(page.get_by_text("Where every customer stands.", exact=False)).to_be_visible()
    for text in ("current_state_name", "team:analytics", "Row count", "marts.customer_servicetitan_state"):
        expect(page.get_by_text(text.removeprefix("team:"), exact=False).first).to_be_visible()
    expect(page.get_by_role("link", name=f"{CONSOLE}/console").first).to_be_visible()


def test_customers_per_state_have_a_plot_each(dagster: str, browser_page: Page) -> None:
    browser_page.goto(f"{dagster}/assets/marts/customer_servicetitan_state")
    browser_page.get_by_role("button", name="Plots").click()
    expect(browser_page.get_by_text("2.5 Sales Appointment Canceled").last).to_be_visible()
    expect(browser_page.locator("canvas").first).to_be_visible()


def test_a_run(dagster: str, page: Page) -> None:
    page.goto(f"{dagster}/runs/{asked(dagster, SYNCS)['runsOrError']['results'][-1]['runId']}")
    page.get_by_placeholder("Filter…").fill("Finished execution")
    for step in ("extract", "derive", "flow_builder__outbox", "analytics"):
        expect(page.get_by_text(f'Finished execution of step "{step}"', exact=False).first).to_be_visible()


def test_the_schedule(dagster: str, page: Page) -> None:
    page.goto(f"{dagster}/locations/servicetitan-flow/schedules/sync_schedule")
    expect(page.get_by_text("Starts `sync`, unless one is still running.", exact=False).first).to_be_visible()


def test_the_sensors(dagster: str, page: Page) -> None:
    page.goto(f"{dagster}/automation")
    for sensor in ("deliver_sensor", "change_sensor", "alert_sensor", "heartbeat_sensor"):
        expect(page.get_by_text(sensor, exact=True).first).to_be_visible()


def test_a_sensor_that_is_off_says_why(dagster: str, browser_page: Page) -> None:
    browser_page.goto(f"{dagster}/locations/servicetitan-flow/sensors/alert_sensor")
    off = browser_page.get_by_text("Off: ALERT_URLS is not set: nobody is told.", exact=False)
    expect(off.first).to_be_visible()


def test_a_failed_check(dagster: str, page: Page) -> None:
    page.goto(f"{dagster}/assets/servicetitan/estimates?view=checks")
    expect(page.get_by_text("the app needs the scope tn.sal.estimates:r", exact=False).first).to_be_visible()
    expect(page.get_by_text("grant the scope", exact=False).first).to_be_visible()


def test_a_sensor_that_is_switched_off_posts_nothing_nor_does_its_preview(dagster: str, env: dict[str, str]) -> None:
    """It waits within its tick when it is switched off, and sees that."""
    wait_until(lambda: ticks(dagster)["status"] == "STARTED")
    asked(dagster, STOP, id=ticks(dagster)["id"])
    wait_until(lambda: ticks(dagster)["status"] == "SKIPPED")
    with open_operations(Path(env["DATA_DIR"]) / "operations.sqlite") as con:
        con.execute(DUE, [stamp(datetime.now(UTC))])
        previewed = asked(dagster, PREVIEW, selector=DELIVER_SENSOR)["sensorDryRun"]["evaluationResult"]
        assert previewed["skipReason"] == "1 due; a preview posts nothing"
        assert con.execute(STATUS).fetchone() == ("pending",)
        asked(dagster, START, selector=DELIVER_SENSOR)
        wait_until(lambda: con.execute(STATUS).fetchone() == ("delivered",))


def ticks(dagster: str) -> dict[str, str]:
    """The sensor's id, and what became of its last tick."""
    state = asked(dagster, SENSOR, selector=DELIVER_SENSOR)["sensorOrError"]
    return {"id": state["id"], "status": state["sensorState"]["ticks"][0]["status"]}


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(120):
        if is_so():
            return
        time.sleep(0.5)
    raise AssertionError("not after a minute")
