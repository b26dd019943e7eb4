"""The `lake_maintain` job, and when it starts: every night, by whichever shard comes first."""

from hashlib import sha256

import dagster as dg

from orchestration.errors import with_known_errors
from pipelines.settings import Settings


def lake_maintain(settings: Settings) -> dg.JobDefinition:
    @dg.op(name="maintain_lake")
    @with_known_errors
    def maintain(context: dg.OpExecutionContext) -> None:
        from pipelines.analytics.lake.run import maintain

        done = maintain(settings, only_if_due=True)
        context.log.info("another shard has done it" if done is None else str(done))
        context.add_output_metadata(done or {})

    @dg.job(
        name=settings.of_shard("lake_maintain"),
        description="Lets go what the lake's people cannot look back to any more (7 days), and puts small files"
        " together. Syncs and readers go on beside it.",
        executor_def=dg.in_process_executor,
    )
    def job() -> None:
        maintain()

    return job


def lake_schedule(settings: Settings, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="lake_schedule",
        job=job,
        cron_schedule=night(settings.shard),
        description="Starts `lake_maintain` every night.",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def night(shard: str) -> str:
    """Between 1 and 5, at a minute of the shard's own: what one has done the others find done."""
    minute = int.from_bytes(sha256(shard.encode()).digest()[:4]) % 240
    return f"{minute % 60} {1 + minute // 60} * * *"
