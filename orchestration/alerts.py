"""The sensor that tells people of troubles. What it needs to look is imported when it does: every run of every job
imports this module."""

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.settings import Settings

if TYPE_CHECKING:
    from orchestration.alert_look import Records
    from orchestration.check_troubles import Descriptions


def alert_sensor(settings: Settings) -> dg.SensorDefinition:
    somebody = bool(settings.alert_webhook_url or settings.alert_email_to)

    @cache
    def records() -> "Records":
        from orchestration.alert_look import Records

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
        from orchestration.alert_look import look
        from pipelines.alerts.channels import channels

        found = records().troubles(context.instance, descriptions(context.repository_def))
        said, kept = look(settings, channels(settings), found, context.cursor, datetime.now(UTC))
        context.update_cursor(kept)
        return dg.SkipReason(said)

    return sensor


def descriptions(repository: dg.RepositoryDefinition | None) -> "Descriptions":
    """Of every check."""
    if repository is None:
        return {}
    graph = repository.asset_graph
    return {key: graph.get_check_spec(key).description for key in graph.asset_check_keys}
