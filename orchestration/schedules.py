"""The `sync` job and when it starts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from orchestration.assets.specs import DELIVERIES, SYNC, in_shard
from orchestration.instance.orphans import about_to_start, end_dead_runs, instead_of
from orchestration.locks import AnotherSyncIsRunning, exclusive
from pipelines.settings import Settings
from pipelines.tenants import directory

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

BY_ITSELF = {"dagster/schedule_name", "dagster/sensor_name"}
BY_A_PERSON = "dagster/parent_run_id"  # Dagster's UI runs it once more, with the tags that it had


def sync(settings: Settings) -> "UnresolvedAssetJobDefinition":
    deliveries = in_shard(settings.shard, DELIVERIES)
    return dg.define_asset_job(
        settings.of_shard(SYNC),
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(deliveries),
        description="ServiceTitan to the outbox: load, derive the states, enqueue what is new, publish the marts.",
        executor_def=dg.in_process_executor,
    )


def sync_schedule(settings: Settings) -> dg.ScheduleDefinition:
    @dg.schedule(
        job_name=settings.of_shard(SYNC),
        cron_schedule=settings.sync_cron,
        name="sync_schedule",
        description="Starts `sync`, unless one is still running.",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if reason := busy(context.instance, settings):
            return dg.SkipReason(reason)
        return dg.RunRequest(tags=instead_of(context.instance, settings.of_shard(SYNC)))

    return schedule


def is_scheduled(tags: Mapping[str, str]) -> bool:
    """Whether a schedule or a sensor started the run, and no person."""
    return bool(BY_ITSELF & tags.keys()) and BY_A_PERSON not in tags


def busy(instance: dg.DagsterInstance, settings: Settings, now: datetime | None = None) -> str | None:
    """Why no sync may start now; ends runs on record whose process is gone."""
    now, job = now or datetime.now(UTC), settings.of_shard(SYNC)
    if not directory.all(settings):
        return directory.NONE
    try:
        with exclusive(settings, wait_seconds=0):
            dead_or_starting = end_dead_runs(instance, job, now)  # one that is queued would wait for a dead one
    except AnotherSyncIsRunning as error:
        return str(error)
    return dead_or_starting or about_to_start(instance, job, now)
