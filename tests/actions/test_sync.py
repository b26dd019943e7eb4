"""Starting a sync: at once, or behind the one that runs; one at most waits."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipelines.actions.routes.rehearsal_launcher import ENDED
from pipelines.actions.routes.sync_launcher import LAUNCH, RUNS, TERMINATE
from tests.actions.conftest import Api, Open

Run = dict[str, Any]


class Queue:
    """Dagster's runs, as far as its GraphQL is asked for them."""

    def __init__(self, *runs: Run) -> None:
        self.runs = list(runs)
        self.asked: list[dict[str, Any]] = []

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(asked)
        if asked["query"] == RUNS:
            wanted = asked["variables"]["filter"]["statuses"]
            found = [run for run in self.runs if run["status"] in wanted]
            return {"runsOrError": {"__typename": "Runs", "results": found}}
        if asked["query"] == TERMINATE:
            [run] = [run for run in self.runs if run["runId"] == asked["variables"]["runId"]]
            run["status"] = "CANCELED"
            return {"terminateRun": {"__typename": "TerminateRunSuccess"}}
        new = a_run(f"r{len(self.runs) + 1}", "QUEUED") | {"runConfig": asked["variables"]["params"]["runConfigData"]}
        self.runs.append(new)
        return {"launchRun": {"__typename": "LaunchRunSuccess", "run": {"runId": new["runId"]}}}

    def waiting(self) -> list[list[str]]:
        """The tenants of each that waits; empty: every tenant."""
        waiting = [run["runConfig"] for run in self.runs if run["status"] == "QUEUED"]
        return [config["ops"]["extract"]["config"]["tenants"] if config else [] for config in waiting]

    def launched(self) -> list[dict[str, Any]]:
        return [asked["variables"]["params"] for asked in self.asked if asked["query"] == LAUNCH]


def a_run(run_id: str, status: str, *tenants: str, by: str | None = None) -> Run:
    config = {"ops": {"extract": {"config": {"tenants": [*tenants]}}}} if tenants else {}
    return {"runId": run_id, "status": status, "runConfig": config, "tags": [{"key": by}] if by else []}


@contextmanager
def dagster(queue: Queue) -> Iterator[str]:
    class GraphQL(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            body = json.dumps({"data": queue.answer(asked)}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), GraphQL) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def url(queue: Queue) -> Iterator[str]:
    with dagster(queue) as url:
        yield url


@pytest.mark.parametrize(
    ("tokens", "body", "tenants"),
    [("a:t", {}, []), ("a:t", {"tenant": "dfw"}, ["dfw"]), ("a:t:rw:dfw", {}, ["dfw"])],
)
def test_a_sync_is_started_for_the_tenants_that_the_caller_may_ask_for(
    open_api: Open, queue: Queue, url: str, tokens: str, body: dict[str, str], tenants: list[str]
) -> None:
    started = open_api("t", ACTIONS_TOKENS=tokens, DAGSTER_URL=url).post("/sync", json=body)
    assert started.status_code == 202
    assert started.json() == {"run_id": "r1", "url": f"{url}/runs/r1", "tenants": tenants, "queued": False}
    [params] = queue.launched()
    assert params["selector"]["pipelineName"] == "sync"
    assert params["selector"]["repositoryLocationName"] == "servicetitan-flow"
    assert params["runConfigData"] == ({"ops": {"extract": {"config": {"tenants": tenants}}}} if tenants else {})


def test_of_several_shards_in_one_dagster_it_asks_for_its_own(open_api: Open, queue: Queue, url: str) -> None:
    assert open_api(DAGSTER_URL=url, SHARD="west").post("/sync").status_code == 202
    [params] = queue.launched()
    assert params["selector"]["pipelineName"] == "sync_west"
    assert params["selector"]["repositoryLocationName"] == "servicetitan-flow_west"
    [runs] = [asked["variables"]["filter"] for asked in queue.asked if asked["query"] == RUNS]
    assert runs["pipelineName"] == "sync_west"


@pytest.fixture
def api(open_api: Open, url: str) -> Api:
    return open_api(DAGSTER_URL=url)


def test_beside_one_that_runs_it_waits_and_the_next_one_is_the_same(api: Api, queue: Queue) -> None:
    queue.runs.append(a_run("r0", "STARTED"))
    answers = [api.post("/sync").json() for _ in range(3)]
    assert [(answer["run_id"], answer["queued"]) for answer in answers] == [("r2", True)] * 3
    assert queue.waiting() == [[]]


def test_of_fifty_at_once_one_waits(api: Api, queue: Queue) -> None:
    queue.runs.append(a_run("r0", "STARTED"))
    with ThreadPoolExecutor(50) as callers:
        answers = list(callers.map(lambda _: api.post("/sync"), range(50)))
    assert {(answer.status_code, answer.json()["run_id"]) for answer in answers} == {(202, "r2")}
    assert (len(queue.launched()), queue.waiting()) == (1, [[]])


@pytest.mark.parametrize(
    ("waits", "asked", "then"),
    [
        ([], {"tenant": "dfw"}, []),
        (["dfw"], {"tenant": "dfw"}, ["dfw"]),
        (["socal"], {"tenant": "dfw"}, ["dfw", "socal"]),
        (["socal"], {}, []),
    ],
)
def test_what_waits_makes_room_for_one_that_does_its_work_too(
    api: Api, queue: Queue, waits: list[str], asked: dict[str, str], then: list[str]
) -> None:
    """The new one is there before the other one goes."""
    queue.runs += [a_run("r0", "STARTED"), a_run("r1", "QUEUED", *waits)]
    answer = api.post("/sync", json=asked).json()
    assert (answer["queued"], answer["tenants"]) == (True, [asked["tenant"]] if asked else [])
    assert (answer["run_id"] == "r1", queue.waiting()) == (waits == then, [then])
    assert [one["query"] for one in queue.asked[1:]] == ([] if waits == then else [LAUNCH, TERMINATE])


def test_what_a_person_wants_more_of_is_left_alone(api: Api, queue: Queue) -> None:
    reconciling = {"ops": {"extract": {"config": {"tenants": ["socal"], "reconcile": True}}}}
    queue.runs += [a_run("r0", "STARTED"), a_run("r1", "QUEUED") | {"runConfig": reconciling}]
    assert api.post("/sync", json={"tenant": "socal"}).json()["run_id"] == "r1"
    assert api.post("/sync", json={"tenant": "dfw"}).json()["run_id"] == "r3"
    assert queue.waiting() == [["socal"], ["dfw"]]


def test_who_may_ask_for_one_tenant_is_not_told_of_another(open_api: Open, queue: Queue, url: str) -> None:
    queue.runs += [a_run("r0", "STARTED"), a_run("r1", "QUEUED", "socal")]
    answer = open_api("t", ACTIONS_TOKENS="a:t:rw:dfw", DAGSTER_URL=url).post("/sync")
    assert "socal" not in answer.text
    assert queue.waiting() == [["dfw", "socal"]]


@pytest.mark.parametrize("by", ["dagster/schedule_name", "dagster/sensor_name"])
def test_what_a_schedule_started_does_not_stand_for_a_persons(api: Api, queue: Queue, by: str) -> None:
    """It leaves those tenants alone that rest."""
    queue.runs.append(a_run("r1", "QUEUED", by=by))
    answer = api.post("/sync", json={"tenant": "dfw"}).json()
    assert (answer["run_id"], answer["queued"], queue.waiting()) == ("r2", False, [[]])


class Refusing(Queue):
    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        answer = super().answer(asked)
        return {"launchRun": {"__typename": "PipelineNotFoundError"}} if "launchRun" in answer else answer


def test_a_sync_that_dagster_does_not_start_is_told(open_api: Open) -> None:
    with dagster(Refusing()) as url:
        refused = open_api(DAGSTER_URL=url).post("/sync")
    assert (refused.status_code, refused.json()["code"]) == (502, "sync_unavailable")
    assert "PipelineNotFoundError" in refused.json()["detail"]


def test_dagster_knows_what_it_is_asked() -> None:
    from dagster_graphql.schema import create_schema
    from graphql import parse, validate

    schema = create_schema().graphql_schema
    assert [validate(schema, parse(query)) for query in (RUNS, LAUNCH, TERMINATE, ENDED)] == [[]] * 4
