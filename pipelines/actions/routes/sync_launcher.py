"""Starting the `sync` job, over the GraphQL of Dagster's webserver."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import httpx
from pydantic import BaseModel, Field

from pipelines.actions.web.problems import Problem
from pipelines.actions.workers import Places

LOCATION, REPOSITORY, JOB = "servicetitan-flow", "__repository__", "sync"
MAX_CALLS = 4
UNDER_WAY = ["QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"]

RUNS = """
query Runs($filter: RunsFilter!) {
  runsOrError(filter: $filter, limit: 1) {
    __typename
    ... on Runs { results { runId } }
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


class StartedSync(BaseModel):
    run_id: str
    url: str = Field(description="The run in Dagster's UI")
    tenants: list[str] = Field(description="What is read; empty: every tenant")


class Dagster:
    """``places``: a Dagster that hangs takes no other request with it."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url.rstrip("/")
        self.places = Places(MAX_CALLS, partial(Problem, "sync_unavailable", "others wait for Dagster already", 5))
        self._http = httpx.Client(trust_env=False, timeout=httpx.Timeout(30, connect=5), transport=transport)

    def close(self) -> None:
        self._http.close()

    def start_sync(self, tenants: Sequence[str]) -> StartedSync:
        """Empty: every tenant. Raises `Problem`: ``already_running``, ``sync_unavailable``."""
        if running := self._run_under_way():
            raise Problem("already_running", f"run {running} is under way", run_id=running, url=self._address(running))
        answer = self._ask(LAUNCH, {"params": self._params(tenants)})["launchRun"]
        if answer["__typename"] != "LaunchRunSuccess":
            detail = f"Dagster did not start {JOB}: {answer['__typename']}; is code location {LOCATION} loaded?"
            raise Problem("sync_unavailable", detail)
        run_id = answer["run"]["runId"]
        return StartedSync(run_id=run_id, url=self._address(run_id), tenants=list(tenants))

    def _run_under_way(self) -> str | None:
        runs = self._ask(RUNS, {"filter": {"pipelineName": JOB, "statuses": UNDER_WAY}})["runsOrError"]
        results = runs.get("results") or [{}]
        run_id: str | None = results[0].get("runId")
        return run_id

    def _params(self, tenants: Sequence[str]) -> dict[str, Any]:
        config = {"ops": {"extract": {"config": {"tenants": list(tenants)}}}} if tenants else {}
        selector = {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY, "pipelineName": JOB}
        return {"selector": selector, "runConfigData": config, "mode": "default"}

    def _ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        try:
            response = self._http.post(f"{self._url}/graphql", json={"query": query, "variables": variables})
            data = response.raise_for_status().json()["data"]
            if not isinstance(data, dict):
                raise ValueError("no data")
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            detail = f"Dagster at DAGSTER_URL ({self._url}) does not answer ({type(error).__name__}); is it running?"
            raise Problem("sync_unavailable", detail) from None
        return data

    def _address(self, run_id: str) -> str:
        return f"{self._url}/runs/{run_id}"
