"""What people are told of: alerts that are firing, and resolved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Event(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """Names the tenant or the asset; holds no secret and no contact data, for it leaves the machine."""

    what: str
    since: datetime
    what_to_do: str
    run_id: str | None = None


Alerts = Mapping[str, Alert]  # by a key that stays while it is firing


@dataclass(frozen=True, slots=True)
class Notification:
    """One event of an alert; ``until`` where it is resolved; ``key`` as in `Alerts`."""

    alert_id: int
    event: Event
    alert: Alert
    until: datetime | None
    key: str = ""
