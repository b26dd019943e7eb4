"""The stand-in world: companies that use ServiceTitan, under one clock that can be moved."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock, local
from typing import Any

from tests.simulator import records
from tests.simulator.catalogue import CANCEL_REASONS, HEATING_AND_AIR, UNITS, WINDOWS_AND_ROOFS, JobType
from tests.simulator.clock import Clock, ManualClock, OffsetClock
from tests.simulator.estimates import EstimateVerbs
from tests.simulator.ledger import Lock
from tests.simulator.office_lists import office_lists

START = datetime(2026, 3, 2, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Profile:
    """Who a tenant is; ids of all its records count up from ``first_id``. ``units``: key -> name of a business unit."""

    tenant_id: int
    name: str
    first_id: int
    job_types: tuple[JobType, ...]
    units: Mapping[str, str] = field(default_factory=dict, hash=False)
    cancel_reasons: tuple[str, ...] = CANCEL_REASONS

    @property
    def unit_names(self) -> Mapping[str, str]:
        return self.units or {unit: f"{self.name.upper()} {unit}" for unit in UNITS}


SOCAL = Profile(410387862, "socal", 104_000_001, WINDOWS_AND_ROOFS)
DFW = Profile(1116148646, "dfw", 31_000_000_001, HEATING_AND_AIR)


class Company(EstimateVerbs):
    """One tenant: every verb of its business is a method, and every change goes through one of them."""

    def __init__(self, profile: Profile, now: Clock, lock: Lock) -> None:
        super().__init__(profile.tenant_id, profile.name, now, profile.first_id, lock)
        self.kinds = {"sales": [], "install": [], "other": []}
        units = {unit: self.add_business_unit(name) for unit, name in profile.unit_names.items()}
        for job_type in profile.job_types:
            type_id = self.add_job_type(job_type.name, units[job_type.unit], minutes=job_type.minutes)
            self.kinds[job_type.kind].append(type_id)
        for name in profile.cancel_reasons:
            reason = {"id": self.new_id(), "name": name, "active": True, "createdOn": None, "modifiedOn": None}
            self.insert("job_cancel_reasons", reason)
        for table, record in office_lists():
            self.insert(table, record)

    def cancel_reason(self, name: str) -> int:
        [reason] = [one["id"] for one in self.records("job_cancel_reasons") if one["name"] == name]
        return int(reason)

    def add_business_unit(self, name: str, **fields: Any) -> int:
        tenant = {"id": self.tenant_id, "name": self.name, "modifiedOn": "2020-01-01T00:00:00Z"}
        return self.insert(
            "business_units", records.business_unit(id=self.new_id(), name=name, tenant=tenant, **fields)
        )

    def add_job_type(self, name: str, business_unit_id: int, minutes: int = 60, **fields: Any) -> int:
        place = {"id": self.new_id(), "name": name, "businessUnitIds": [business_unit_id], "duration": minutes * 60}
        return self.insert("job_types", records.job_type(**place, **fields))


class World:
    """``World()`` has SOCAL and DFW and a clock that stands still; ``world["socal"].book_job(…)``."""

    def __init__(
        self, profiles: Sequence[Profile] = (SOCAL, DFW), clock: ManualClock | OffsetClock | None = None
    ) -> None:
        self.clock = clock or ManualClock(START)
        self.lock = RLock()
        self.diary: deque[tuple[datetime, str]] = deque(maxlen=500)  # what `live` let happen, in words
        self._other = local()  # another moment than the clock's, for the thread that asked for it
        with self.at(datetime(2020, 1, 1, tzinfo=UTC)):
            self.companies = {profile.tenant_id: Company(profile, self.now, self.lock) for profile in profiles}

    def now(self) -> datetime:
        return getattr(self._other, "moment", None) or self.clock()

    def advance(self, **duration: float) -> None:
        self.clock.advance(**duration)

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """What this thread does inside happens at that moment."""
        outer = getattr(self._other, "moment", None)
        self._other.moment = moment
        try:
            yield
        finally:
            self._other.moment = outer

    def __getitem__(self, name_or_id: str | int) -> Company:
        for company in self.companies.values():
            if name_or_id in (company.name, company.tenant_id):
                return company
        raise KeyError(name_or_id)
