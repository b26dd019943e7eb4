"""One look of the sensor: what is wrong now, and whom it is told."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import dagster as dg

from orchestration.alerting.from_checks import Descriptions, check_alerts
from orchestration.alerting.from_outbox import outbox_alerts, pause_alerts
from orchestration.alerting.from_runs import ENDED, run_alerts
from orchestration.assets.specs import DELIVER_DUE, SYNC
from pipelines.alerts.alert import Alert, Alerts
from pipelines.alerts.channels import Channel
from pipelines.alerts.freshness import quiet, stale_tenants
from pipelines.alerts.notify import notify
from pipelines.operations import OperationsError
from pipelines.servicetitan.sync_status import last_complete
from pipelines.settings import Settings
from pipelines.tenants import directory

JOBS = (SYNC, DELIVER_DUE)


class Records:
    """What Dagster's records say; read anew only when another run has ended. ``jobs``: of this shard."""

    def __init__(self, jobs: Sequence[str] = JOBS) -> None:
        self._jobs = jobs
        self._read_at: Sequence[Any] | None = None
        self._found: Alerts = {}

    def alerts(self, instance: dg.DagsterInstance, checks: Descriptions) -> Alerts:
        ended = instance.get_run_records(dg.RunsFilter(statuses=ENDED), limit=1, order_by="update_timestamp")
        read_at = [(record.dagster_run.run_id, record.update_timestamp) for record in ended]
        if read_at != self._read_at:
            self._found = dict(chain(run_alerts(instance, self._jobs), check_alerts(instance, checks)))
            self._read_at = read_at
        return self._found


def look(settings: Settings, configured: Sequence[Channel], found: Alerts, now: datetime) -> str:
    """What to say of this look. Without an operations file nobody can be told; `heartbeat_sensor` is silent then."""
    try:
        alerts = {**found, **dict(standing(settings, now))}
        told = notify(
            *(settings.operations, configured, alerts, now, quiet(settings.sync_cron, now)),
            dagster_url=link(settings),
            console_url=settings.console_url,
        )
    except OperationsError as error:
        return str(error)
    return "; ".join([f"{told.open} open", *told.problems])


def standing(settings: Settings, now: datetime) -> Iterator[tuple[str, Alert]]:
    yield from outbox_alerts(settings, now)
    yield from pause_alerts(settings, now)
    yield from stale_tenants(directory.all(settings), last_complete(settings.operations), settings.sync_cron, now)


def link(settings: Settings) -> str | None:
    """Only an address that somebody chose: the default is of this machine, and people read elsewhere."""
    return settings.dagster_url if "dagster_url" in settings.model_fields_set else None
