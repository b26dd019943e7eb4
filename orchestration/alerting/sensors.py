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


def alert_sensor(settings: Settings) -> dg.SensorDefinition:
    somebody = bool(settings.alert_webhook_url or settings.alert_email_to)

    @cache
    def records() -> "Records":
        from orchestration.alerting.evaluate import Records

        return Records()

    @dg.sensor(
        name="alert_sensor",
        description="Tells people of every trouble once, and when it is over; starts no run.",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING if somebody else dg.DefaultSensorStatus.STOPPED,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        if not somebody:
            return dg.SkipReason("neither ALERT_WEBHOOK_URL nor ALERT_EMAIL_TO is set: nobody is told")
        from orchestration.alerting.evaluate import look
        from pipelines.alerts.channels import channels

        found = records().alerts(context.instance, descriptions(context.repository_def))
        said, kept = look(settings, channels(settings), found, context.cursor, datetime.now(UTC))
        context.update_cursor(kept)
        return dg.SkipReason(said)

    return sensor


def heartbeat_sensor(settings: Settings) -> dg.SensorDefinition:
    """Only the daemon and code that loads can give this sign, so that its absence tells of both."""
    url = settings.alert_heartbeat_url

    @dg.sensor(
        name="heartbeat_sensor",
        description="Tells a watcher outside that Dagster's daemon is at work; starts no run.",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING if url else dg.DefaultSensorStatus.STOPPED,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:  # noqa: ARG001 (Dagster passes it)
        if not url:
            return dg.SkipReason("ALERT_HEARTBEAT_URL is not set: nobody outside is told")
        from pipelines.alerts.channels import NotNotified, heartbeat

        try:
            heartbeat(url.get_secret_value())
        except NotNotified as error:
            return dg.SkipReason(str(error))
        return dg.SkipReason("told")

    return sensor


def descriptions(repository: dg.RepositoryDefinition | None) -> "Descriptions":
    """Of every check."""
    if repository is None:
        return {}
    graph = repository.asset_graph
    return {key: graph.get_check_spec(key).description for key in graph.asset_check_keys}
