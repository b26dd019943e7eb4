"""Starting the `rehearsal` job, and how it goes: there is one at a time."""

from typing import Any, Literal, NamedTuple

from pipelines.actions.routes.sync_launcher import RUNNING, SLOWEST, WAITING, Dagster, Started
from pipelines.actions.web.problems import Problem

JOB = "rehearsal"
ANOTHER = "a rehearsal of {tenant} is under way: wait until it has ended, some minutes"

ENDED = """
query Ended($runId: ID!) {
  runOrError(runId: $runId) { __typename ... on Run { status } }
  logsForRun(runId: $runId) {
    __typename
    ... on EventConnection { events { ... on ExecutionStepFailureEvent { error { message cause { message } } } } }
  }
}
"""
Going = Literal["under way", "ended", "failed"]


class HowItGoes(NamedTuple):
    """``why``: of a failed one."""

    going: Going
    why: str = ""


def start_rehearsal(dagster: Dagster, tenant: str, **config: Any) -> Started:
    """``config``: see `orchestration.rehearsal`. Raises `Problem` ``sync_unavailable``, also while another one runs."""
    if others := under_way(dagster):
        raise Problem("sync_unavailable", ANOTHER.format(tenant=" and ".join(others)))
    return dagster.launch(JOB, {"ops": {"rehearse": {"config": {"tenant": tenant, **config}}}})


def under_way(dagster: Dagster, patience: float = SLOWEST) -> list[str]:
    """Of which tenants. Raises `Problem`."""
    return [tenant_of(run) for run in dagster.runs(JOB, [*WAITING, *RUNNING], patience)]


def tenant_of(run: Any) -> str:
    config: Any = run.get("runConfig") or {}
    for name in ("ops", "rehearse", "config"):
        config = config.get(name) or {}
    return str(config.get("tenant", "another tenant"))


def how_it_goes(dagster: Dagster, run_id: str, patience: float = SLOWEST) -> HowItGoes:
    """Raises `Problem`."""
    found = dagster.ask(ENDED, {"runId": run_id}, patience)
    status = (found.get("runOrError") or {}).get("status")
    if status in (*WAITING, *RUNNING):
        return HowItGoes("under way")
    return HowItGoes("ended") if status == "SUCCESS" else HowItGoes("failed", why(found.get("logsForRun") or {}))


def why(logs: Any) -> str:
    """The first line of what its step said."""
    errors = [event["error"] for event in logs.get("events") or () if event.get("error")]
    said = [str((error.get("cause") or error).get("message") or "") for error in errors]
    line = next((text.strip().splitlines()[0] for text in said if text.strip()), "Dagster does not say why")
    return line.split(": ", 1)[-1] if line.startswith(("pipelines.", "orchestration.", "dagster.")) else line
