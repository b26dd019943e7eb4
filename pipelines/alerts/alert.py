"""What people are told of: troubles, and the end of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Event = Literal["trouble", "over"]


@dataclass(frozen=True, slots=True)
class Alert:
    """Names the tenant or the asset; holds no secret and no contact data, for it leaves the machine."""

    what: str
    since: datetime
    what_to_do: str
    run_id: str | None = None


Alerts = Mapping[str, Alert]  # by a key that stays while the trouble lasts


@dataclass(frozen=True, slots=True)
class Notification:
    """One event of an alert; ``until`` where it is over."""

    alert_id: int
    event: Event
    alert: Alert
    until: datetime | None
