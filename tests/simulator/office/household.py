"""One customer, and all that the office can do for them: each deed changes the records and is noted as a fact."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.simulator.office.facts import Fact
from tests.simulator.office.people import People, Visit
from tests.simulator.technicians import TECHNICIANS


class Household(People):
    # what they ask for

    def asks(self) -> int:
        lead = self.company.add_lead(self.customer_id)
        self.notes("asked", lead_id=lead)
        return lead

    def asks_as_a_stranger(self) -> int:
        """A lead without a customer, until somebody sees whose it is."""
        lead = self.company.add_lead(None, leadCustomerName="A caller", leadPhone="(714) 555-2811")
        self.notes("asked", lead_id=lead, stranger=True)
        return lead

    def is_dismissed(self, lead: int) -> None:
        self.company.dismiss_lead(lead)
        self.notes("dismissed", lead_id=lead)

    def offers(self, visit: Visit, name: str = "Good") -> int:
        subtotal = Decimal(self.random.randrange(4_000, 30_000))
        estimate = self.company.create_estimate(job_id=visit.job_id, subtotal=subtotal, name=name)
        self.notes("offered", visit, estimate_id=estimate, subtotal=subtotal)
        return estimate

    def buys(self, estimate: int) -> None:
        self.company.sell(estimate)
        self.notes("sold", estimate_id=estimate)

    def takes_the_sale_back(self, estimate: int) -> None:
        self.company.unsell(estimate)
        self.notes("unsold", estimate_id=estimate)

    def declines(self, estimate: int) -> None:
        self.company.dismiss_estimate(estimate)
        self.notes("declined", estimate_id=estimate)

    # visits

    def books(
        self, kind: str, start: datetime, *, typed_as: str | None = None, lead: int | None = None, **fields: Any
    ) -> Visit:
        """``typed_as``: the kind of the job type that they choose, where it is another one."""
        job_type = self.random.choice(self.company.kinds[typed_as or kind])
        job = self.company.book_job(self.customer_id, job_type_id=job_type, start=start, lead_id=lead, **fields)
        visit = Visit(job, kind, start)
        if self.chance(0.8):
            self.company.assign_technician(self.company.appointments_of(job)[0]["id"])
        record = self.company.get("jobs", job)
        places = {"location_id": record["locationId"], "project_id": record.get("projectId"), "job_type_id": job_type}
        self.notes("booked", visit, start=start, lead_id=lead, late=start < self.company.now(), **places)
        if lead is not None:
            self.notes("converted", visit, lead_id=lead)
        return visit

    def moves(self, visit: Visit, start: datetime) -> None:
        """To another day, at times with somebody else; or the day is deleted and a new one made."""
        [*_, appointment] = self.company.appointments_of(visit.job_id)
        if self.chance(0.3):
            self.company.assign_technician(self.company.add_appointment(visit.job_id, start))
            self.company.delete_appointment(appointment["id"])
        else:
            self.company.reschedule(appointment["id"], start)
            self._sends_somebody_else(appointment["id"])
        self.notes("moved", visit, start=start, before=visit.start)
        visit.start = start

    def _sends_somebody_else(self, appointment_id: int) -> None:
        for assignment in self.company.assignments_of(appointment_id):
            if self.chance(0.5):
                self.company.unassign_technician(assignment["id"])
                self.company.assign_technician(appointment_id, self.random.choice(list(TECHNICIANS)))

    def begins(self, visit: Visit) -> None:
        """Somebody has arrived there; at times the work is put on hold."""
        status = "Hold" if self.chance(0.1) else "InProgress"
        self.company.set_job_status(visit.job_id, status)
        self.notes("begun", visit, status=status)

    def works_another_day(self, visit: Visit) -> None:
        """The same job has a second day, right after its first one."""
        visit.start += timedelta(days=1)
        self.company.add_appointment(visit.job_id, visit.start)

    def cancels(self, visit: Visit, reason: str, **details: Any) -> None:
        self.company.cancel_job(visit.job_id, self.company.cancel_reason(reason))
        self.notes("canceled", visit, reason=reason, start=visit.start, **details)

    def takes_back(self, visit: Visit, log_stays: bool = False) -> None:
        self.company.remove_cancellation(visit.job_id, log_stays)
        self.notes("uncanceled", visit, log_stays=log_stays, start=visit.start)

    def completes(self, visit: Visit) -> None:
        """It took place; typed now."""
        self.company.complete_job(visit.job_id)
        self.notes("held", visit, at=min(visit.end, self.company.now()))

    def never_closes(self, visit: Visit) -> None:
        """It took place, and nobody types anything."""
        job = (visit.kind, visit.job_id, self.story)
        self.truth.add(Fact(visit.end, None, self.customer_id, "held", *job, {"forgotten": True}))

    def mends_the_type(self, visit: Visit) -> None:
        """It was entered under another kind's type."""
        self.company.change_job_type(visit.job_id, job_type_id=self.random.choice(self.company.kinds[visit.kind]))
        self.notes("retyped", visit, mended=True)

    def retypes(self, visit: Visit, kind: str, start: datetime) -> None:
        """The same job becomes another one, with a second day."""
        [first, *_] = self.company.appointments_of(visit.job_id)
        self.company.set_appointment_status(first["id"], "Done")
        self.company.change_job_type(visit.job_id, job_type_id=self.random.choice(self.company.kinds[kind]))
        self.company.add_appointment(visit.job_id, start)
        before, visit.kind, visit.start = visit.kind, kind, start
        self.notes("retyped", visit, before=before, start=start)
