"""Starting jobs, over the GraphQL of Dagster's webserver: first of all `sync`."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import httpx
from pydantic import BaseModel, Field

from pipelines.actions.web.problems import Problem
from pipelines.actions.workers import Places
from pipelines.links import run_link
from pipelines.settings import LOCATION
from pipelines.tls import trusted

REPOSITORY, JOB = "__repository__", "sync"
PATIENCE = 10.0  # seconds that one waits for its turn
SLOWEST = 30.0  # seconds that an answer may take
WAITING = ["QUEUED", "NOT_STARTED"]
RUNNING = ["STARTING", "STARTED", "CANCELING"]
BY_ITSELF, BY_A_PERSON = {"dagster/schedule_name", "dagster/sensor_name"}, "dagster/parent_run_id"
Json = dict[str, Any]

RUNS = """
query Runs($filter: RunsFilter!) {
  runsOrError(filter: $filter, limit: 20) {
    __typename
    ... on Runs { results { runId status runConfig tags { key } } }
  }
}
"""
LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
  }
}
"""
TERMINATE = """
mutation Terminate($runId: String!) {
  terminateRun(runId: $runId) { __typename }
}
"""


class Started(BaseModel):
    run_id: str
    url: str = Field(description="The run in Dagster's UI")


class StartedSync(Started):
    tenants: list[str] = Field(description="What is read; empty: every tenant")
    queued: bool = Field(description="Another sync is running; this one starts when that ends")


class Dagster:
    """One call after the other, so that one sync at most waits; who finds no place in time is told so, and a Dagster
    that hangs takes no other request with it. What waits stands in Dagster's own queue: it outlives this process, and
    Dagster's."""

    def __init__(self, url: str, of_shard: Callable[[str], str] = str) -> None:
        """``of_shard``: how jobs and the code location are called here."""
        self._url, self._of_shard = url.rstrip("/"), of_shard
        full = partial(Problem, "sync_unavailable", "others wait for Dagster already", 5)
        self.places = Places(1, full, PATIENCE)
        self._http = httpx.Client(verify=trusted(), trust_env=False)

    def close(self) -> None:
        self._http.close()

    def start_sync(self, tenants: Sequence[str]) -> StartedSync:
        """Empty: every tenant. One that waits already is taken, or makes room for one that does its work, too, unless a
        person wants more of it than we ask for. Raises `Problem` ``sync_unavailable``."""
        under_way = self.runs(JOB, [*WAITING, *RUNNING])
        waiting = [run for run in under_way if run.get("status") in WAITING]
        queued = len(waiting) < len(under_way)
        if known := next((run for run in waiting if does(run, tenants)), None):
            return self._started(known["runId"], tenants, queued)
        like_ours = [run for run in waiting if (run.get("runConfig") or {}) == config_of(tenants_of(run))]
        started = self.launch(JOB, config_of(united([tenants, *map(tenants_of, like_ours)])))
        for run in like_ours:
            self.ask(TERMINATE, {"runId": run["runId"]})
        return self._started(started.run_id, tenants, queued)

    def _started(self, run_id: str, tenants: Sequence[str], queued: bool) -> StartedSync:
        return StartedSync(run_id=run_id, url=self._page_of(run_id), tenants=list(tenants), queued=queued)

    def _page_of(self, run_id: str) -> str:
        return run_link(self._url, run_id)

    def runs(self, job: str, statuses: Sequence[str], patience: float = SLOWEST) -> list[Json]:
        """The newest. Raises `Problem` ``sync_unavailable``."""
        asked = {"pipelineName": self._of_shard(job), "statuses": [*statuses]}
        runs = self.ask(RUNS, {"filter": asked}, patience)["runsOrError"]
        return list(runs.get("results") or ())

    def launch(self, job: str, config: Json) -> Started:
        """Raises `Problem` ``sync_unavailable``."""
        location, name = self._of_shard(LOCATION), self._of_shard(job)
        selector = {"repositoryLocationName": location, "repositoryName": REPOSITORY, "pipelineName": name}
        params = {"selector": selector, "runConfigData": config, "mode": "default"}
        answer = self.ask(LAUNCH, {"params": params})["launchRun"]
        if answer["__typename"] != "LaunchRunSuccess":
            detail = f"Dagster did not start {name}: {answer['__typename']}; is code location {location} loaded?"
            raise Problem("sync_unavailable", detail)
        run_id = str(answer["run"]["runId"])
        return Started(run_id=run_id, url=self._page_of(run_id))

    def ask(self, query: str, variables: Json, patience: float = SLOWEST) -> Json:
        """Raises `Problem` ``sync_unavailable``."""
        question = {"query": query, "variables": variables}
        try:
            response = self._http.post(
                f"{self._url}/graphql", json=question, timeout=httpx.Timeout(patience, connect=5)
            )
            data = response.raise_for_status().json()["data"]
            if not isinstance(data, dict):
                raise ValueError("no data")
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            detail = f"Dagster at DAGSTER_URL ({self._url}) does not answer ({type(error).__name__}); is it running?"
            raise Problem("sync_unavailable", detail) from None
        return data


def config_of(tenants: Sequence[str]) -> Json:
    return {"ops": {"extract": {"config": {"tenants": list(tenants)}}}} if tenants else {}


def tenants_of(run: Json) -> list[str]:
    """Of its configuration; empty: every tenant."""
    config: Any = run.get("runConfig") or {}
    for name in ("ops", "extract", "config", "tenants"):
        config = config.get(name) or {}
    return list(config)


def does(run: Json, tenants: Sequence[str]) -> bool:
    """Whether it asks all of them; what a schedule or a sensor has started leaves those alone that rest."""
    tags, asks = {tag["key"] for tag in run.get("tags") or ()}, tenants_of(run)
    if BY_ITSELF & tags and BY_A_PERSON not in tags:
        return False
    return not asks or (bool(tenants) and set(tenants) <= set(asks))


def united(parties: Sequence[Sequence[str]]) -> list[str]:
    """Where one of them is every tenant, so is the whole."""
    return sorted(set().union(*parties)) if all(parties) else []
