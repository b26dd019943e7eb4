"""The `sync` job and when it starts."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.lineage import DELIVERIES
from orchestration.resources import AnotherSyncIsRunning, exclusive
from pipelines.settings import Settings

sync = dg.define_asset_job(
    "sync",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(DELIVERIES),
    description="ServiceTitan to the outbox: load, derive the states, enqueue what is new, publish the marts.",
    executor_def=dg.in_process_executor,
)

ON_ITS_WAY = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING]
START_UP = timedelta(minutes=2)


def sync_schedule(settings: Settings) -> dg.ScheduleDefinition:
    @dg.schedule(
        job=sync,
        cron_schedule=settings.sync_cron,
        name="sync_schedule",
        description="Starts `sync`, unless one is still running.",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if reason := busy(context.instance, settings):
            return dg.SkipReason(reason)
        return dg.RunRequest()

    return schedule


def busy(instance: dg.DagsterInstance, settings: Settings, now: datetime | None = None) -> str | None:
    """Why no sync may start now; ends runs on record whose process is gone."""
    if waiting := instance.get_runs(dg.RunsFilter(job_name=sync.name, statuses=ON_ITS_WAY), limit=1):
        return f"run {waiting[0].run_id} of sync is about to start"
    try:
        with exclusive(settings, wait_seconds=0):
            return end_dead_runs(instance, now or datetime.now(UTC))
    except AnotherSyncIsRunning as error:
        return str(error)


def end_dead_runs(instance: dg.DagsterInstance, now: datetime) -> str | None:
    """Called with the warehouse in hand: a run that claims to hold it since minutes was killed, and would block its
    pool for ever. Returns the reason to wait where a run may still be on its way to the warehouse."""
    started = dg.RunsFilter(job_name=sync.name, statuses=[dg.DagsterRunStatus.STARTED])
    for record in instance.get_run_records(started):
        if record.update_timestamp.replace(tzinfo=UTC) > now - START_UP:
            return f"run {record.dagster_run.run_id} of sync is starting"
        instance.report_run_failed(record.dagster_run, "its process is gone: the warehouse that it held is free")
    return None
