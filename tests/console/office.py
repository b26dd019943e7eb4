"""What a sync has published of an office, as far as pages of rules and rehearsals look: written by hand."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.actions.routes.rehearsal_launcher import ENDED
from pipelines.rules.behaviour import Behaviour, Reason
from tests.actions.test_sync import Queue, dagster

SOCAL, DFW = 410387862, 1116148646


def behaviour(number: int, name: str, kind: str, behaves: str | None, jobs: int = 40, **changes: Any) -> dict[str, Any]:
    """A job type in the unit 90, taken by a shipped rule."""
    return (
        asdict(
            Behaviour(
                *(
                    SOCAL,
                    "socal",
                    number,
                    name,
                    90,
                    "Roofing",
                    kind,
                    "job_type_name",
                    "crane",
                    20,
                    None,
                    "shipped",
                    True,
                ),
                *(behaves, behaves, behaves is not None and behaves != kind, jobs, 0, 2, 0.1, 0.2, 0.5, 0.25, 0.0),
            )
        )
        | changes
    )


def reason(number: int, name: str, starts: bool, jobs: int, booked_anew: int) -> dict[str, Any]:
    rule = ("reason_id", None, 1000, None, "shipped")
    return {"tenant_id": SOCAL} | asdict(Reason(number, name, starts, *rule, jobs, jobs, booked_anew))


def publish(analytics: Path, types: list[dict[str, Any]], reasons: list[dict[str, Any]], baseline: bool = True) -> None:
    analytics.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(analytics) as con:
        con.execute("create schema marts")
        for name, rows in (("job_kind_behaviour", types), ("cancel_reasons", reasons)):
            con.register("rows", pa.Table.from_pylist(rows))
            con.execute(f"create table marts.{name} as from rows")
        con.execute("create table marts.tenant_baselines (tenant_id bigint)")
        if baseline:
            con.execute("insert into marts.tenant_baselines values (?)", [SOCAL])


class Runs(Queue):
    """Dagster's, which also says how one goes."""

    failed: str | None = None

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["query"] != ENDED:
            return super().answer(asked)
        [run] = [run for run in self.runs if run["runId"] == asked["variables"]["runId"]]
        error = {"message": "DagsterError: it failed", "cause": {"message": self.failed}} if self.failed else None
        events = [{}, {"error": error}] if error else [{}]
        return {"runOrError": {"status": run["status"]}, "logsForRun": {"events": events}}

    def rehearsals(self) -> list[dict[str, Any]]:
        launched = [one for one in self.launched() if one["selector"]["pipelineName"] == "rehearsal"]
        return [json.loads(json.dumps(one["runConfigData"]))["ops"]["rehearse"]["config"] for one in launched]

    def end(self, status: str = "SUCCESS") -> None:
        for run in self.runs:
            run["status"] = status


@contextmanager
def served(runs: Runs) -> Iterator[str]:
    with dagster(runs) as url:
        yield url
