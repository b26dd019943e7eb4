"""How far ServiceTitan was read: what the one room that reads it hands to the one that tells of it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """Of one tenant. ``asked_at``: when the newest sync that asked it anything began; ``whole_from``: when the newest
    one began that read to their end all records of which states and mails come; None: there was none yet."""

    asked_at: datetime
    whole_from: datetime | None
