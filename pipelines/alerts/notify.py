"""From the troubles of the moment to the people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.alerts.alert import Alerts
from pipelines.alerts.channels import Channel, NotNotified
from pipelines.alerts.message import message
from pipelines.alerts.store import PATIENCE, compare, notifications, open_alerts, write_down
from pipelines.operations import Connection, Place, open_operations

MAX_ALERTS = 20  # in one message


@dataclass(frozen=True, slots=True)
class Notified:
    """``problems``: which channel could not be told, and why; it is tried again next time."""

    open: int
    problems: tuple[str, ...] = ()


def notify(
    operations: Place,
    channels: Sequence[Channel],
    alerts: Alerts,
    now: datetime,
    quiet: timedelta,
    dagster_url: str | None = None,
    console_url: str = "",
) -> Notified:
    """Tells every channel what it does not know yet. Who dies between a message and its note sends that one again.

    Raises `pipelines.operations.OperationsError`.
    """
    problems: list[str] = []
    with open_operations(operations, patience=PATIENCE) as con:
        compare(con, alerts, now, quiet)
        for channel in channels:
            try:
                tell(con, channel, now, dagster_url, console_url)
            except NotNotified as problem:
                problems.append(f"{channel.name}: {problem}")
        return Notified(len(open_alerts(con)), tuple(problems))


def tell(con: Connection, channel: Channel, now: datetime, dagster_url: str | None, console_url: str) -> None:
    untold = notifications(con, channel.key, now)
    for start in range(0, len(untold), MAX_ALERTS):
        batch = untold[start : start + MAX_ALERTS]
        channel.send(message(batch, dagster_url, console_url))
        write_down(con, batch, channel.key, now)
