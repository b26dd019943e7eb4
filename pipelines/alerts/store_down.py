"""Where the operations file itself is the trouble, and cannot say who was told of it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from pipelines.alerts.alert import Alert, Event, Notification
from pipelines.alerts.channels import Channel, NotNotified
from pipelines.alerts.message import message

LASTS = timedelta(minutes=2)  # an enqueue of a long history holds the file for half a minute


class Unusable(msgspec.Struct, frozen=True):
    """What is kept elsewhere from one look to the next; ``told``: the channels."""

    what: str
    since: datetime
    told: tuple[str, ...] = ()

    @classmethod
    def read(cls, kept: str | None) -> "Unusable | None":
        return msgspec.json.decode(kept, type=cls) if kept else None

    def write(self) -> str:
        return msgspec.json.encode(self).decode()

    def notifications(self, event: Event, now: datetime) -> Notification:
        alert = Alert(self.what, self.since, "nothing is sent to Flow Builder until this file can be used again")
        return Notification(0, event, alert, now)


def announce_unusable(before: Unusable | None, what: str, channels: Sequence[Channel], now: datetime) -> Unusable:
    """Tells those that were not told yet, once it has lasted; what to keep."""
    is_new = before is None or before.since > now
    known = Unusable(what, now) if before is None or is_new else before
    if now - known.since < LASTS:
        return known
    untold = [channel for channel in channels if channel.name not in known.told]
    told = _told(untold, lambda channel: channel.send(message([known.notifications("trouble", now)])))
    return msgspec.structs.replace(known, told=(*known.told, *told))


def announce_usable(before: Unusable, channels: Sequence[Channel], now: datetime) -> Unusable | None:
    """Tells those that were told; what to keep until all of them know."""
    known = [channel for channel in channels if channel.name in before.told]
    told = _told(known, lambda channel: channel.send(message([before.notifications("over", now)])))
    left = tuple(channel.name for channel in known if channel.name not in told)
    return msgspec.structs.replace(before, told=left) if left else None


def _told(channels: Sequence[Channel], send: Callable[[Channel], object]) -> list[str]:
    told = []
    for channel in channels:
        try:
            send(channel)
        except NotNotified:
            continue
        told.append(channel.name)
    return told
