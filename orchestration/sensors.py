"""The `deliver` job and when it starts."""

from datetime import UTC, datetime

import dagster as dg

from orchestration.lineage import DELIVERIES
from pipelines.flow_builder.outbox import due
from pipelines.settings import Settings

deliver = dg.define_asset_job(
    "deliver",
    selection=dg.AssetSelection.assets(DELIVERIES),
    description="Posts what is due in the outbox to Flow Builder.",
    executor_def=dg.in_process_executor,
)

UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def deliver_sensor(settings: Settings) -> dg.SensorDefinition:
    @dg.sensor(
        job=deliver,
        name="deliver_sensor",
        description="Starts `deliver` when something in the outbox is due.",
        minimum_interval_seconds=5,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if not settings.flow_builder_trigger_url:
            return dg.SkipReason("FLOW_BUILDER_TRIGGER_URL is not set: nothing is sent")
        if not (count := due(settings.operations, datetime.now(UTC))):
            return dg.SkipReason("nothing is due")
        if runs := context.instance.get_runs(dg.RunsFilter(job_name=deliver.name, statuses=UNDER_WAY), limit=1):
            return dg.SkipReason(f"{count} due; run {runs[0].run_id} of deliver is under way")
        return dg.RunRequest()

    return sensor
