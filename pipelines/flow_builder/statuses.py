"""What can become of a delivery, in the words of the outbox."""

from enum import StrEnum


class Status(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    RETRY = "retry"
    DELIVERED = "delivered"
    DEAD = "dead"
    HELD = "held"
    NOT_SENT = "not_sent"
    CANCELED = "canceled"


class Statuses(tuple[Status, ...]):
    """In a query they stand as its list."""

    def __str__(self) -> str:
        return "(" + ", ".join(f"'{status}'" for status in self) + ")"


# In the order of the outbox's indexes, or SQLite would not use them.
WAITING = Statuses((Status.PENDING, Status.SENDING, Status.RETRY))  # leaves, or leaves again, by itself
UNFINISHED = Statuses((*WAITING, Status.HELD))
TOLD = Statuses((*UNFINISHED, Status.DELIVERED))  # and what was canceled after an attempt
FINISHED = Statuses((Status.DELIVERED, Status.DEAD, Status.NOT_SENT, Status.CANCELED))
