"""What is forgotten every night: runs with all that they left, and contact data of deliveries long since finished.

Ticks, Dagster forgets by itself (`dagster.yaml`); pages, the report.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from pipelines.settings import Settings


def retention(settings: Settings) -> dg.JobDefinition:
    @dg.op
    def forget(context: dg.OpExecutionContext) -> None:
        from orchestration.old_runs import forget_runs
        from pipelines.retention import forget_contact_data

        now = datetime.now(UTC)
        forgotten = forget_contact_data(settings.operations, now, settings.retention_days)
        context.log.info(f"forgotten: {forgotten.bodies} bodies, {forgotten.answers} answers")
        runs = forget_runs(context.instance, now - timedelta(days=settings.run_retention_days))
        context.log.info(f"forgotten: {runs} runs")

    @dg.job(
        name="retention",
        description="Forgets runs (RUN_RETENTION_DAYS), and what finished deliveries said (RETENTION_DAYS).",
        executor_def=dg.in_process_executor,
    )
    def job() -> None:
        forget()

    return job


def retention_schedule(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="retention_schedule",
        job=job,
        cron_schedule="23 3 * * *",
        description="Starts `retention` every night.",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
