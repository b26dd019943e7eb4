"""The `deliver` job and when it starts; and what starts `sync` before its schedule does."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import dagster as dg
from filelock import Timeout

from orchestration.assets.specs import DELIVERIES
from orchestration.instance.orphans import about_to_start, end_dead_runs, instead_of
from orchestration.locks import delivery_lock
from orchestration.schedules import busy, sync
from pipelines.flow_builder.outbox.queue import due
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.servicetitan.change_probe import ChangeProbe

NOTHING_IS_SENT = "FLOW_BUILDER_TRIGGER_URL is not set: nothing is sent"

deliver = dg.define_asset_job(
    "deliver",
    selection=dg.AssetSelection.assets(DELIVERIES),
    description="Posts what is due in the outbox to Flow Builder.",
    executor_def=dg.in_process_executor,
)


def deliver_sensor(settings: Settings) -> dg.SensorDefinition:
    @dg.sensor(
        job=deliver,
        name="deliver_sensor",
        description=("" if settings.flow_builder_trigger_url else f"Idle: {NOTHING_IS_SENT}. ")
        + "Starts `deliver` when something in the outbox is due.",
        minimum_interval_seconds=5,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if not settings.flow_builder_trigger_url:
            return dg.SkipReason(NOTHING_IS_SENT)
        if not (count := due(settings.operations, datetime.now(UTC))):
            return dg.SkipReason("nothing is due")
        if reason := under_way(context.instance, settings):
            return dg.SkipReason(f"{count} due; {reason}")
        return dg.RunRequest(tags=instead_of(context.instance, deliver.name))

    return sensor


def under_way(instance: dg.DagsterInstance, settings: Settings, now: datetime | None = None) -> str | None:
    """Why no delivery need start now; ends runs on record whose process is gone."""
    now = now or datetime.now(UTC)
    if reason := about_to_start(instance, deliver.name, now, most=2):  # two take turns: each holds the lock
        return reason
    try:
        with delivery_lock(settings).acquire(timeout=0):
            return end_dead_runs(instance, deliver.name, now)
    except Timeout:
        return "a run of deliver is under way"


def change_sensor(settings: Settings) -> dg.SensorDefinition:
    @cache
    def probe() -> "ChangeProbe":
        from pipelines.servicetitan.change_probe import ChangeProbe

        return ChangeProbe(settings)

    every = settings.change_sensor_seconds

    @dg.sensor(
        job=sync,
        name="change_sensor",
        description=(
            "" if every else f"Off: CHANGE_SENSOR_SECONDS is 0; syncs start on SYNC_CRON ({settings.sync_cron}). "
        )
        + "Asks ServiceTitan's lists, one record each, whether anything is new, and starts `sync` only then.",
        minimum_interval_seconds=every or 15,
        default_status=dg.DefaultSensorStatus.RUNNING if every else dg.DefaultSensorStatus.STOPPED,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        look = probe().poll(json.loads(context.cursor or "{}"), datetime.now(UTC))
        cursor, changed = json.dumps(look.marks), ", ".join(look.changed)
        if not look.changed:
            return dg.SensorResult(skip_reason="; ".join(look.problems) or "nothing has changed", cursor=cursor)
        if reason := busy(context.instance, settings):
            return dg.SkipReason(f"changed: {changed}; {reason}")  # the cursor stays, and the next tick sees it again
        return dg.SensorResult(
            [dg.RunRequest(tags={"changed": changed, **instead_of(context.instance, sync.name)})], cursor=cursor
        )

    return sensor
