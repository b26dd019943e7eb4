"""Runs on record whose process is gone: a machine that was switched off leaves them as started, for ever."""

from datetime import UTC, datetime, timedelta

import dagster as dg

ON_ITS_WAY = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING]
START_UP = timedelta(minutes=2)
SLOW = timedelta(minutes=1)


def about_to_start(instance: dg.DagsterInstance, job: str, now: datetime, most: int = 1) -> str | None:
    """Why to wait for a run on its way. Where more than one may be, one that is slow is not waited for: its process may
    hang until Dagster gives it up."""
    waiting = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=ON_ITS_WAY), limit=most)
    if not waiting:
        return None
    since = abs(now - waiting[0].create_timestamp.replace(tzinfo=UTC))
    if since > SLOW and len(waiting) < most:
        return None
    return f"run {waiting[0].dagster_run.run_id} of {job} is about to start, for {since.total_seconds():.0f} s now"


def instead_of(instance: dg.DagsterInstance, job: str) -> dict[str, str]:
    """Tags of the next run, where the last one has failed or does not get under way: it makes up for that one."""
    last = instance.get_runs(dg.RunsFilter(job_name=job), limit=1)
    return (
        {"instead of": last[0].run_id} if last and last[0].status in {*ON_ITS_WAY, dg.DagsterRunStatus.FAILURE} else {}
    )


def end_dead_runs(instance: dg.DagsterInstance, job: str, now: datetime) -> str | None:
    """Called with the lock in hand that each run of the job holds: one that claims to hold it since minutes was killed.
    Returns the reason to wait where a run may still be on its way to the lock."""
    started = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.STARTED])
    for record in instance.get_run_records(started):
        if abs(now - record.update_timestamp.replace(tzinfo=UTC)) < START_UP:  # in the future: the clock was set back
            return f"run {record.dagster_run.run_id} of {job} is starting"
        instance.report_run_failed(record.dagster_run, "its process is gone: the lock that it held is free")
    return None
