"""The sensor that tells people of troubles, and the one that tells a watcher outside that all is at work. What they
need is imported when they do: every run of every job imports this module."""

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.settings import Settings

if TYPE_CHECKING:
    from orchestration.alerting.evaluate import Records
    from orchestration.alerting.from_checks import Descriptions


NOBODY = "ALERT_URLS is not set: nobody is told"
NOBODY_OUTSIDE = "ALERT_HEARTBEAT_URL is not set: nobody outside is told"


def alert_sensor(settings: Settings) -> dg.SensorDefinition:
    somebody = settings.alert_urls is not None

    @cache
    def records() -> "Records":
        from orchestration.alerting.evaluate import JOBS, Records

        return Records([settings.of_shard(job) for job in JOBS])

    @dg.sensor(
        name="alert_sensor",
        description=("" if somebody else f"Off: {NOBODY}. ")
        + "Tells people of every trouble once, and when it is over; starts no run.",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING if somebody else dg.DefaultSensorStatus.STOPPED,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        if not somebody:
            return dg.SkipReason(NOBODY)
        from orchestration.alerting.evaluate import look
        from pipelines.alerts.channels import channels

        found = records().alerts(context.instance, descriptions(context.repository_def))
        return dg.SkipReason(look(settings, channels(settings), found, datetime.now(UTC)))

    return sensor


def heartbeat_sensor(settings: Settings) -> dg.SensorDefinition:
    """Only the daemon, code that loads, and an operations file that can be used give this sign: its absence tells of
    all three."""
    url = settings.alert_heartbeat_url

    @dg.sensor(
        name="heartbeat_sensor",
        description=("" if url else f"Off: {NOBODY_OUTSIDE}. ")
        + "Tells a watcher outside that all is at work, unless operations.sqlite is not; starts no run.",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING if url else dg.DefaultSensorStatus.STOPPED,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:  # noqa: ARG001 (Dagster passes it)
        if not url:
            return dg.SkipReason(NOBODY_OUTSIDE)
        from pipelines.alerts.channels import NotNotified, heartbeat
        from pipelines.alerts.store import prove_usable
        from pipelines.operations import OperationsError

        try:
            prove_usable(settings.operations)
            heartbeat(url.get_secret_value())
        except (NotNotified, OperationsError) as error:
            return dg.SkipReason(str(error))
        return dg.SkipReason("told")

    return sensor


def descriptions(repository: dg.RepositoryDefinition | None) -> "Descriptions":
    """Of every check."""
    if repository is None:
        return {}
    graph = repository.asset_graph
    return {key: graph.get_check_spec(key).description for key in graph.asset_check_keys}
