"""Runs on record whose process is gone: a machine that was switched off leaves them as started, for ever."""

from datetime import UTC, datetime, timedelta

import dagster as dg

ON_ITS_WAY = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING]
START_UP = timedelta(minutes=2)


def about_to_start(instance: dg.DagsterInstance, job: str) -> str | None:
    waiting = instance.get_runs(dg.RunsFilter(job_name=job, statuses=ON_ITS_WAY), limit=1)
    return f"run {waiting[0].run_id} of {job} is about to start" if waiting else None


def end_dead_runs(instance: dg.DagsterInstance, job: str, now: datetime) -> str | None:
    """Called with the lock in hand that each run of the job holds: one that claims to hold it since minutes was killed.
    Returns the reason to wait where a run may still be on its way to the lock."""
    started = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.STARTED])
    for record in instance.get_run_records(started):
        if abs(now - record.update_timestamp.replace(tzinfo=UTC)) < START_UP:  # in the future: the clock was set back
            return f"run {record.dagster_run.run_id} of {job} is starting"
        instance.report_run_failed(record.dagster_run, "its process is gone: the lock that it held is free")
    return None
