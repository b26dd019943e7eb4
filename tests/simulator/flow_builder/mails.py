"""What a flow sends: a mail, with all that it says."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DELAYS = tuple(timedelta(days=days) for days in (0, 2, 4, 20, 90))  # of each flow's mails


class Flow(StrEnum):
    """The nine states' flows; the contact record has none."""

    FOLLOW_UP = "Email Followup"
    VISIT = "What to Expect"
    SORRY = "Sorry We missed you"
    UNSOLD = "Unsold Estimates"
    SOLD = "Scheduled the Install"
    INSTALL = "What to Expect install"
    RESCHEDULE = "Lets reschedule"
    DONE = "Install Job Done"

    @property
    def is_of_a_visit(self) -> bool:
        """Its mails name a day."""
        return self in (Flow.VISIT, Flow.INSTALL)

    @property
    def patience(self) -> timedelta:
        """How long a considerate person waits before writing: somebody may still be on the telephone."""
        return PATIENCE.get(self, timedelta())

    @property
    def is_marketing(self) -> bool:
        """It wants to sell; the others speak of what the person has ordered."""
        return self not in (Flow.VISIT, Flow.SOLD, Flow.INSTALL)


PATIENCE = {
    Flow.SORRY: timedelta(hours=1),
    Flow.RESCHEDULE: timedelta(hours=1),
    Flow.UNSOLD: timedelta(hours=2),
}


@dataclass(frozen=True, slots=True)
class Day:
    """The visit that a mail names."""

    appointment_id: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """``number``: its place in the flow, from 0. ``source_id``: the record that made the flow start; of a follow-up the
    lead, of an offer or a sale the estimate."""

    at: datetime
    flow: Flow
    number: int
    tenant_id: int
    customer_id: int
    transition_id: str
    email: str
    job_id: int | None = None
    source_id: int | None = None
    day: Day | None = None
