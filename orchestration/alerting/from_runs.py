"""Failed runs."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration.locks import AnotherSyncIsRunning
from pipelines.alerts.alert import Alert
from pipelines.diagnostics import KnownError
from pipelines.operations import OperationsError
from pipelines.settings import ConfigurationError

ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
ON_ITS_WAY = {dg.DagsterEventType.RUN_STARTING, dg.DagsterEventType.RUN_START}
FAILURES = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
# Errors in our own words, which hold the way out. Another's may quote a record.
TOLD = {
    ConfigurationError.__name__,
    OperationsError.__name__,
    AnotherSyncIsRunning.__name__,
    "OutboxLost",
    KnownError.__name__,
}
SEE_THE_RUN = "what the message says; or see the run's first error in Dagster. The next run starts by itself"


def run_alerts(instance: dg.DagsterInstance, jobs: Sequence[str]) -> Iterator[tuple[str, Alert]]:
    """Of each job whose last run failed or died; one that a person canceled says nothing."""
    for job in jobs:
        for record in instance.get_run_records(dg.RunsFilter(job_name=job, statuses=ENDED), limit=1):
            if record.dagster_run.status == dg.DagsterRunStatus.FAILURE:
                run_id, since = record.dagster_run.run_id, record.end_time or record.create_timestamp.timestamp()
                what = f"the run of {job} failed: {reason(instance, run_id)}"
                yield f"run {job}", Alert(what, datetime.fromtimestamp(since, UTC), SEE_THE_RUN, run_id)


def reason(instance: dg.DagsterInstance, run_id: str) -> str:
    """Our words where there are some, else the class of the first error; of a run that died, Dagster's words."""
    events = [entry.dagster_event for entry in instance.all_logs(run_id, FAILURES) if entry.dagster_event]
    causes = [error for event in events for error in chain(getattr(event.event_specific_data, "error", None))]
    for error in causes:
        if error.cls_name in TOLD:
            return str(error.message.partition(": ")[2].strip())
    roots = [str(error.cls_name) for error in causes if not (error.cause or error.context)]
    if roots:
        return roots[0]
    if never_started(instance, run_id):
        return "it did not start in time, and did nothing; the machine is busy, or its process hangs"
    return " ".join(event.message or "" for event in events)


def never_started(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Given up by Dagster on its way."""
    on_its_way = {entry.dagster_event_type for entry in instance.all_logs(run_id, ON_ITS_WAY)}
    return dg.DagsterEventType.RUN_STARTING in on_its_way and dg.DagsterEventType.RUN_START not in on_its_way


def chain(error: Any) -> Iterator[Any]:
    """An error, and what led to it. Dagster has cut rings when it wrote them down."""
    while error:
        yield error
        error = error.cause or error.context
