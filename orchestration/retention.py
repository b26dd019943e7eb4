"""What is forgotten: runs with all that they left, every hour, and contact data of deliveries long since finished.

Ticks, Dagster forgets by itself (`dagster.yaml`).
"""

import logging
from datetime import UTC, datetime

import dagster as dg

from orchestration.assets.specs import RETENTION
from orchestration.rehearsal import forget_rehearsals
from pipelines.settings import Settings

MAX_BEFORE_A_COMMAND = 500  # runs, so that nobody waits for long


def retention(settings: Settings) -> dg.JobDefinition:
    @dg.op
    def forget(context: dg.OpExecutionContext) -> None:
        from orchestration.instance.prune import keep_small

        now = datetime.now(UTC)
        forgotten = {
            **forget_data(settings, now),
            "runs": keep_small(context.instance, now, settings.run_retention_days, shard=settings.shard),
        }
        for name, count in forgotten.items():
            context.log.info(f"forgotten: {count} {name}")

    @dg.job(
        name=settings.of_shard(RETENTION),
        description="Forgets what old runs left (RUN_RETENTION_DAYS), what finished deliveries said (RETENTION_DAYS),"
        " and rehearsals of more than 30 days ago.",
        executor_def=dg.in_process_executor,
    )
    def job() -> None:
        forget()

    return job


def forget_data(settings: Settings, now: datetime) -> dict[str, int]:
    """How much of what: contact data of deliveries long since finished, and old rehearsals."""
    from pipelines.flow_builder.outbox.retention import forget as forget_deliveries
    from pipelines.operations.retention import forget_contact_data

    forgotten = forget_contact_data(settings.operations, now, settings.retention_days, [forget_deliveries])
    return {name: forgotten[name] for name in ("bodies", "answers")} | {"rehearsals": forget_rehearsals(settings)}


def forget_if_due(instance: dg.DagsterInstance, settings: Settings) -> None:
    """For those who run commands and no daemon. What a command is for never fails for this."""
    from orchestration.instance.prune import is_due, keep_small

    now = datetime.now(UTC)
    try:
        if is_due(instance, now, settings.shard):
            forget_data(settings, now)
            keep_small(instance, now, settings.run_retention_days, MAX_BEFORE_A_COMMAND, settings.shard)
    except Exception:
        logging.getLogger(__name__).exception("what is old is not forgotten")


def retention_schedule(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="retention_schedule",
        job=job,
        cron_schedule="23 * * * *",
        description="Starts `retention` every hour.",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
