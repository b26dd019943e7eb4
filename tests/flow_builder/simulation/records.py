"""What ServiceTitan holds of a few customers, and the transitions that follow from it; plain, so that who knows the
design can read it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipelines.flow_builder.delivery import Key

BOOKED, CANCELLATIONS, SIDE_BY_SIDE = (2.0, 5.0), (2.5, 5.5), (2.0, 6.0)


@dataclass(frozen=True)
class StateRule:
    """A row of customer_states.csv; ``is_each_job``: of the matrix, too: another job of that state is one more
    transition."""

    flow_name: str | None
    reset_after: timedelta | None = None
    settle: timedelta = timedelta()
    suppressed_by: tuple[str, ...] = ()
    is_each_job: bool = False


@dataclass
class Visit:
    id: int
    start: datetime
    end: datetime
    is_active: bool = True
    status: str = "Scheduled"

    @property
    def is_on(self) -> bool:
        return self.is_active and self.status != "Canceled"


@dataclass
class Job:
    """``is_silent``: its cancellation's reason starts no flow."""

    id: int
    location_id: int | None
    visits: dict[int, Visit] = field(default_factory=dict)
    status: str = "Scheduled"
    ended_at: datetime | None = None
    is_silent: bool = False

    @property
    def is_canceled(self) -> bool:
        return self.status == "Canceled"


@dataclass
class Person:
    """``emails``: what was typed, the newest first, and whether its contact opted out of marketing."""

    is_active: bool = True
    do_not_mail: bool = False
    do_not_service: bool = False
    type: str = "Residential"
    emails: list[tuple[str, bool]] = field(default_factory=lambda: [("someone@example.com", False)])

    def readable(self) -> list[tuple[str, bool]]:
        return [email for email in self.emails if "@" in email[0]]


@dataclass
class Event:
    """A dated fact. ``stands``: its evidence does; ``visit_id``: the appointment that is it."""

    id: str
    key: Key
    to_state: float
    occurred_at: datetime
    job_id: int | None = None
    visit_id: int | None = None
    lead_status: str | None = None
    starts_flow: bool = True  # false: set by hand, and told to start none
    is_completion: bool = False
    is_reclassified: bool = False
    was_news: bool = False  # to the outbox of 0.1.0, which was then started over
    stands: bool = True


@dataclass(frozen=True)
class Transition:
    """As the log has it."""

    id: str
    key: Key
    to_state: float
    job_id: int | None
    occurred_at: datetime
    detected_at: datetime
    stands: bool = True
    is_baseline: bool = False
    is_reclassified: bool = False
    is_completion: bool = False
    resets: str | None = None
