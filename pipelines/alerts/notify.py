"""From the troubles of the moment to the people."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.alerts.alert import Alerts
from pipelines.alerts.channels import Channel, NotNotified
from pipelines.alerts.message import message
from pipelines.alerts.store import compare, notifications, open_alerts, write_down
from pipelines.operations import open_operations

MAX_ALERTS = 20  # in one message
PATIENCE = 5.0  # seconds, where the file is held


@dataclass(frozen=True, slots=True)
class Notified:
    """``problems``: which channel could not be told, and why; it is tried again next time."""

    open: int
    problems: tuple[str, ...] = ()


def notify(
    operations: Path,
    channels: Sequence[Channel],
    alerts: Alerts,
    now: datetime,
    quiet: timedelta,
    dagster_url: str | None = None,
) -> Notified:
    """Tells every channel what it does not know yet. Who dies between a message and its note sends that one again.

    Raises `pipelines.operations.database.OperationsError`.
    """
    problems: list[str] = []
    with open_operations(operations, patience=PATIENCE) as con:
        compare(con, alerts, now, quiet)
        for channel in channels:
            try:
                remarks = list(tell(con, channel, now, dagster_url))
            except NotNotified as problem:
                remarks = [str(problem)]
            problems += [f"{channel.name}: {remark}" for remark in remarks if remark]
        return Notified(len(open_alerts(con)), tuple(problems))


def tell(con: sqlite3.Connection, channel: Channel, now: datetime, dagster_url: str | None) -> Iterator[str]:
    untold = notifications(con, channel.name, now)
    for start in range(0, len(untold), MAX_ALERTS):
        batch = untold[start : start + MAX_ALERTS]
        yield channel.send(message(batch, dagster_url))
        write_down(con, batch, channel.name, now)
