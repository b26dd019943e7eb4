"""What posts: a sensor, and the `deliver` job where that is too much for it; and what starts `sync` before its
schedule."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Event
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import InstigatorStatus
from dagster._grpc.client import DEFAULT_SENSOR_GRPC_TIMEOUT
from filelock import Timeout

from orchestration.assets.outbox import post
from orchestration.assets.specs import DELIVER_DUE, DELIVERIES, SYNC, in_shard
from orchestration.instance.orphans import about_to_start, end_dead_runs, instead_of
from orchestration.locks import delivery_lock
from orchestration.schedules import busy
from pipelines.flow_builder.outbox.queue import watched
from pipelines.settings import Settings

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

    from pipelines.servicetitan.change_probe import ChangeProbe

# A tick waits for something to happen: Dagster begins one every five seconds at most, at the cost of many looks, and
# gives it up after 120 (`servicetitan-flow up`) or 60.
TICK = DEFAULT_SENSOR_GRPC_TIMEOUT - 30.0  # seconds
SWITCH = 10.0  # seconds, until it is seen that somebody has switched the sensor off
SOON = 0.5
BEGIN_FOR = timedelta(seconds=5)  # and each attempt may take another twenty
IN_A_TICK = 20  # deliveries
no_more_ticks = Event()  # set where the code server is told to end: nothing waits for a tick then
NOTHING_IS_SENT = "FLOW_BUILDER_TRIGGER_URL is not set: nothing is sent"


def deliver(settings: Settings) -> "UnresolvedAssetJobDefinition":
    return dg.define_asset_job(
        settings.of_shard(DELIVER_DUE),
        selection=dg.AssetSelection.assets(in_shard(settings.shard, DELIVERIES)),
        description="Posts what is due in the outbox to Flow Builder.",
        executor_def=dg.in_process_executor,
    )


def deliver_sensor(settings: Settings) -> dg.SensorDefinition:
    @dg.sensor(
        job_name=settings.of_shard(DELIVER_DUE),
        name="deliver_sensor",
        description=("" if settings.flow_builder_trigger_url else f"Idle: {NOTHING_IS_SENT}. ")
        + f"Posts what in the outbox is due; of more than {IN_A_TICK}, or after a run that failed, starts `deliver`.",
        minimum_interval_seconds=1 if settings.flow_builder_trigger_url else 60,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        if not settings.flow_builder_trigger_url:
            return dg.SkipReason(NOTHING_IS_SENT)
        with watched(settings.operations) as due:
            count = next(filter(None, (due(datetime.now(UTC)) for _ in looks(SOON, context))), 0)
        if not count:
            return dg.SkipReason("nothing is due")
        if is_preview(context):
            return dg.SkipReason(f"{count} due; a preview posts nothing")
        if reason := under_way(context.instance, settings):
            return dg.SkipReason(f"{count} due; {reason}")
        makes_up = instead_of(context.instance, settings.of_shard(DELIVER_DUE))
        if count <= IN_A_TICK and not makes_up and (posted := post_in_tick(context, settings)):
            return posted
        return dg.SensorResult([dg.RunRequest(tags=makes_up)])

    return sensor


def post_in_tick(context: dg.SensorEvaluationContext, settings: Settings) -> dg.SensorResult | None:
    """None where something is wrong: a run shows what, and how to mend it."""
    try:
        with delivery_lock(settings).acquire(timeout=0):
            made, answers = post(settings, begin_for=BEGIN_FOR)
    except Exception:
        context.log.exception("nothing more was posted in this tick: a run follows")
        return None
    key = in_shard(settings.shard, DELIVERIES)
    counts = {name: count for name, count in (made.metadata or {}).items() if type(count) is int and count}
    return dg.SensorResult(
        skip_reason="posted: " + (", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing"),
        asset_events=[
            dg.AssetMaterialization(key, metadata=made.metadata),
            dg.AssetCheckEvaluation(
                key,
                str(answers.check_name),
                answers.passed,
                metadata=answers.metadata,
                severity=answers.severity,
            ),
        ],
    )


def under_way(instance: dg.DagsterInstance, settings: Settings, now: datetime | None = None) -> str | None:
    """Why no delivery need start now; ends runs on record whose process is gone."""
    now, job = now or datetime.now(UTC), settings.of_shard(DELIVER_DUE)
    if reason := about_to_start(instance, job, now, most=2):  # two take turns: each holds the lock
        return reason
    try:
        with delivery_lock(settings).acquire(timeout=0):
            return end_dead_runs(instance, job, now)
    except Timeout:
        return "a run of deliver is under way"


def change_sensor(settings: Settings) -> dg.SensorDefinition:
    @cache
    def probe() -> "ChangeProbe":
        from pipelines.servicetitan.change_probe import ChangeProbe

        return ChangeProbe(settings)

    every = settings.change_sensor_seconds

    @dg.sensor(
        job_name=settings.of_shard(SYNC),
        name="change_sensor",
        description=(
            "" if every else f"Off: CHANGE_SENSOR_SECONDS is 0; syncs start on SYNC_CRON ({settings.sync_cron}). "
        )
        + "Asks ServiceTitan's lists, one record each, whether anything is new, and starts `sync` only then.",
        minimum_interval_seconds=every if every > TICK else 1,
        default_status=dg.DefaultSensorStatus.RUNNING if every else dg.DefaultSensorStatus.STOPPED,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        marks, why = json.loads(context.cursor or "{}"), "nothing has changed"
        for _ in looks(every or TICK, context):
            look = probe().poll(marks, datetime.now(UTC))
            why = "; ".join(look.problems) or "nothing has changed"
            if look.changed:
                changed = ", ".join(look.changed)
                if not (reason := busy(context.instance, settings)):
                    tags = {"changed": changed, **instead_of(context.instance, settings.of_shard(SYNC))}
                    return dg.SensorResult([dg.RunRequest(tags=tags)], cursor=json.dumps(look.marks))
                why = f"changed: {changed}; {reason}"  # the marks stay, and the next look sees it again
            else:
                marks = look.marks
        return dg.SensorResult(skip_reason=why, cursor=json.dumps(marks))

    return sensor


def looks(every: float, context: dg.SensorEvaluationContext) -> Iterator[None]:
    """When to look within one tick: at once, and again until it is over."""
    began = asked = time.monotonic()
    yield
    if is_preview(context):
        return
    while (now := time.monotonic()) + every < began + TICK and not no_more_ticks.wait(every):
        if now > asked + SWITCH:
            if is_off(context):
                return
            asked = now
        yield


def is_off(context: dg.SensorEvaluationContext) -> bool:
    """Another code location has sensors of the same names."""
    here = context.code_location_origin
    return any(
        state.name == context.sensor_name
        and state.status == InstigatorStatus.STOPPED
        and (here is None or state.repository_selector.location_name == here.location_name)
        for state in context.instance.all_instigator_state(instigator_type=InstigatorType.SENSOR)
    )


def is_preview(context: dg.SensorEvaluationContext) -> bool:
    """Whether somebody tries the sensor in Dagster's UI. Such a tick stands on no record: its log is named after the
    time instead of a tick's number."""
    key = context.log_key
    return key is not None and not key[-1].isdigit()
