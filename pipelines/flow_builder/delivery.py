"""One row of the outbox, and the moment at which a sync decides about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from pipelines.flow_builder.statuses import TOLD, UNFINISHED, Status
from pipelines.flow_builder.visits import Appointment
from pipelines.settings import Settings

Kind = Literal["changed", "corrected", "moved"]
ALL = "all"  # of `overrides`
NEVER_OVERRIDDEN = ("inactive", "shadow")


class Key(NamedTuple):
    """One customer of one tenant."""

    tenant_id: int
    customer_id: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """As the columns of the same names; ``begun``: an attempt was. ``superseded`` and ``told_appointment`` stand in the
    body alone."""

    webhook_id: str
    kind: Kind
    key: Key
    transition_id: str | None
    told_state: float | None
    status: Status
    reason: str | None = None
    sequence: int | None = None  # None: it is new, and leaves last
    job_id: int | None = None
    flow_name: str | None = None
    occurred_at: datetime | None = None
    ends: tuple[str, ...] = ()
    follows: str | None = None
    suppressed: str | None = None
    superseded: bool = False
    appointment: Appointment | None = None
    was_ahead: bool = False
    ahead_until: datetime | None = None
    flow_until: datetime | None = None
    settles_at: datetime | None = None
    told_appointment: Appointment | None = None
    begun: bool = False
    may_have_arrived: bool = False
    stands: bool = True
    is_newest: bool = False
    was_retracted: bool = False
    overrides: str = ""

    @property
    def is_unfinished(self) -> bool:
        return self.status in UNFINISHED

    @property
    def is_waiting(self) -> bool:
        """Nothing of it has left: it is kept true."""
        return self.is_unfinished and not self.begun

    @property
    def is_told(self) -> bool:
        return self.kind != "moved" and (self.status in TOLD or self.may_have_arrived)

    @property
    def is_void(self) -> bool:
        """A sync canceled it before an attempt: as if it had never been."""
        return self.status == Status.CANCELED and self.reason != "operator" and not self.begun

    @property
    def is_back(self) -> bool:
        """Its transition is known no longer: where that stands again, it is as new."""
        return self.kind == "changed" and self.is_void and self.reason == "retracted"

    def is_overridden(self, reason: str) -> bool:
        return reason not in NEVER_OVERRIDDEN and (self.overrides == ALL or reason in self.overrides.split())


@dataclass(frozen=True, slots=True)
class Situation:
    """When a sync or the gate decides, and by which settings. ``whole_from``: when the newest sync began that read the
    tenant whole."""

    now: datetime
    max_age: timedelta
    skip_superseded: bool = False
    include_contact: bool = True
    is_shadow: bool = False
    whole_from: datetime | None = None


def situation_of(settings: Settings, now: datetime, *, is_shadow: bool, whole_from: datetime | None) -> Situation:
    return Situation(
        now=now,
        max_age=timedelta(hours=settings.flow_builder_max_age_hours),
        skip_superseded=settings.flow_builder_superseded == "skip",
        include_contact=settings.flow_builder_include_contact,
        is_shadow=is_shadow,
        whole_from=whole_from,
    )
