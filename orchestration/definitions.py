"""The list of everything that Dagster shows and runs."""

import dagster as dg

from orchestration.alerting.sensors import alert_sensor, heartbeat_sensor
from orchestration.assets.progress import ProgressLog
from orchestration.assets.sync import assets
from orchestration.docs import docs, docs_schedule
from orchestration.jobs import decision_jobs
from orchestration.lake import lake_maintain, lake_schedule
from orchestration.rehearsal import rehearsal
from orchestration.resources import WarehouseResource
from orchestration.retention import retention, retention_schedule
from orchestration.schedules import sync, sync_schedule
from orchestration.sensors import change_sensor, deliver, deliver_sensor
from pipelines.settings import load_settings


@dg.definitions
def definitions() -> dg.Definitions:
    settings = load_settings()
    forgetting, describing = retention(settings), docs(settings)
    maintaining = [lake_maintain(settings)] if settings.lake_catalog_url else []
    by_people = [rehearsal(settings), *decision_jobs(settings)]
    return dg.Definitions(
        assets=assets(settings),
        jobs=[sync(settings), deliver(settings), forgetting, describing, *maintaining, *by_people],
        schedules=[
            sync_schedule(settings),
            retention_schedule(forgetting),
            docs_schedule(describing),
            *(lake_schedule(settings, job) for job in maintaining),
        ],
        sensors=[deliver_sensor(settings), change_sensor(settings), alert_sensor(settings), heartbeat_sensor(settings)],
        resources={"warehouse": WarehouseResource(), "progress": ProgressLog()},
    )
