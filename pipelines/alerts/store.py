"""The alerts in ``operations.sqlite``: which are open, and which channel was told what."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from pipelines.alerts.alert import Alert, Alerts, Event, Notification
from pipelines.operations import Connection, Place, moment, open_operations, stamp, transaction

PATIENCE = 5.0  # seconds, where the file is held
ALERT_RETENTION = timedelta(days=90)
OLD_NEWS = timedelta(days=1)  # a channel that is new, or was down for longer, is not told of what was resolved long ago

OPEN = "insert into alerts (key, what, what_to_do, run_id, since) values (?, ?, ?, ?, ?)"
SEEN = "update alerts set gone_at = null where key = ? and closed_at is null"
GONE = "update alerts set gone_at = ? where key = ? and closed_at is null"
CLOSE = "update alerts set closed_at = ? where key = ? and closed_at is null"
FORGET = "delete from alerts where closed_at < ?"

COLUMNS = "select alert_id, key, what, since, what_to_do, run_id, gone_at, closed_at from alerts"
# The end says it all: who missed the beginning is told of the end alone.
UNTOLD = f"""
    {COLUMNS}
    where (closed_at is null or closed_at > :oldest)
        and not exists (
            select 1 from announcements
            where announcements.alert_id = alerts.alert_id
                and channel = :channel
                and event = case when closed_at is null then '{Event.FIRING}' else '{Event.RESOLVED}' end
        )
    order by alert_id
"""
TOLD = "insert into announcements (alert_id, channel, event, announced_at) values (?, ?, ?, ?) on conflict do nothing"

Change = tuple[str, list[str | None]]


def compare(con: Connection, alerts: Alerts, now: datetime, quiet: timedelta) -> None:
    """Opens and closes alerts. What is gone is resolved after ``quiet``; until then it may come back unsaid."""
    opened = con.execute("select key, gone_at from alerts where closed_at is null")
    gone = {key: text and moment(text) for key, text in opened}
    if changes := [*_of_what_is(alerts, gone), *_of_what_was(alerts, gone, now, quiet)]:
        with transaction(con):
            for statement, values in changes:
                con.execute(statement, values)


def _of_what_is(alerts: Alerts, gone: Mapping[str, datetime | None]) -> Iterator[Change]:
    for key, alert in alerts.items():
        if key not in gone:
            yield OPEN, [key, alert.what, alert.what_to_do, alert.run_id, stamp(alert.since)]
        elif gone[key]:
            yield SEEN, [key]


def _of_what_was(
    alerts: Alerts, gone: Mapping[str, datetime | None], now: datetime, quiet: timedelta
) -> Iterator[Change]:
    for key, since in gone.items():
        if key in alerts:
            continue
        if since is None or since > now:  # the clock was set back
            yield GONE, [stamp(now), key]
        elif now - since >= quiet:
            yield CLOSE, [stamp(now), key]
            yield FORGET, [stamp(now - ALERT_RETENTION)]


def notifications(con: Connection, channel: str, now: datetime) -> list[Notification]:
    """What this channel was not told yet, in the order of the beginnings."""
    rows = con.execute(UNTOLD, {"channel": channel, "oldest": stamp(now - OLD_NEWS)})
    return [_read(row) for row in rows]


def open_alerts(con: Connection) -> list[Notification]:
    return [_read(row) for row in con.execute(f"{COLUMNS} where closed_at is null order by alert_id")]


def prove_usable(operations: Place) -> None:
    """To read and to write. Raises `OperationsError`."""
    with open_operations(operations, patience=PATIENCE) as con:
        open_alerts(con)
        con.prove_writable()


def write_down(con: Connection, told: Iterable[Notification], channel: str, now: datetime) -> None:
    with transaction(con):
        con.executemany(TOLD, [(one.alert_id, channel, one.event, stamp(now)) for one in told])


def _read(row: tuple[int, str, str, str, str, str | None, str | None, str | None]) -> Notification:
    alert_id, key, what, since, what_to_do, run_id, gone_at, closed_at = row
    alert = Alert(what, moment(since), what_to_do, run_id)
    event = Event.RESOLVED if closed_at else Event.FIRING
    return Notification(alert_id, event, alert, moment(gone_at) if gone_at else None, key)
