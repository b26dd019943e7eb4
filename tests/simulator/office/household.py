"""One customer, and all that the office can do for them: each deed changes the records and is noted as a fact."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.simulator.office.contacts import good_email, typed
from tests.simulator.office.facts import Fact, Truth
from tests.simulator.technicians import TECHNICIANS
from tests.simulator.world import Company

VISIT = timedelta(hours=2)


@dataclass
class Visit:
    """A job with its day; ``kind`` is what it is to those who do it, whatever its type is called."""

    job_id: int
    kind: str
    start: datetime

    @property
    def end(self) -> datetime:
        return self.start + VISIT


@dataclass
class Household:
    """``story`` is what they live through at the moment."""

    company: Company
    truth: Truth
    random: Random
    customer_id: int = 0
    story: str = ""

    def notes(self, what: str, job: Visit | None = None, *, at: datetime | None = None, **details: Any) -> None:
        now = self.company.now()
        kind, job_id = (job.kind, job.job_id) if job else (None, None)
        self.truth.add(Fact(at or now, now, self.customer_id, what, kind, job_id, self.story, details))

    # time

    def days(self, least: float, most: float) -> timedelta:
        return timedelta(days=self.random.uniform(least, most))

    def till(self, moment: datetime) -> timedelta:
        """None where it has passed."""
        return max(timedelta(), moment - self.company.now())

    def chance(self, odds: float) -> bool:
        return self.random.random() < odds

    def day_ahead(self, least: float, most: float) -> datetime:
        """A full hour between eight and five there, so many days from now."""
        day = (self.company.now() + self.days(least, most)).replace(minute=0, second=0, microsecond=0)
        return day.replace(hour=self.random.randrange(15, 24))

    # who they are

    def comes(self) -> None:
        kind = "Commercial" if self.chance(0.06) else "Residential"
        self.customer_id = self.company.add_customer(type=kind)
        name = str(self.company.get("customers", self.customer_id)["name"])
        contacts = typed(self.random, name, self.customer_id)
        for type_, value in contacts.values:
            self.company.add_contact(self.customer_id, type_, value)
        self.notes("came", email=contacts.email, phone=contacts.phone, location_id=self.home)

    @property
    def home(self) -> int:
        return self.company.location_of(self.customer_id)

    def second_house(self) -> int:
        address = {**self.company.get("customers", self.customer_id)["address"], "street": "7 Lake Rd", "unit": "B"}
        location_id = self.company.add_location(self.customer_id, "The house at the lake", address)
        self.notes("second_house", location_id=location_id)
        return location_id

    def new_email(self) -> None:
        name = str(self.company.get("customers", self.customer_id)["name"])
        value = f"new.{good_email(name, self.customer_id)}"
        self.company.add_contact(self.customer_id, "Email", value)
        self.notes("contact_changed", email=value)

    def opts_out(self) -> None:
        for contact in self.company.children("customer_contacts", "customerId", self.customer_id):
            if contact["type"] == "Email":
                preferences = {**contact["preferences"], "marketingUpdatesEnabled": False}
                self.company.update_contact(contact["id"], self.customer_id, preferences=preferences)
        self.notes("opted_out")

    def wants_no_mail(self) -> None:
        self.company.update_customer(self.customer_id, doNotMail=True)
        self.notes("no_mail")

    def wants_no_service(self) -> None:
        self.company.update_customer(self.customer_id, doNotService=True)
        self.notes("no_service")

    def drops_a_contact(self) -> None:
        """With or without a trace."""
        contacts = self.company.children("customer_contacts", "customerId", self.customer_id)
        if contacts:
            self.company.delete_contact(contacts[0]["id"], self.customer_id, trace=self.chance(0.5))
            self.notes("contact_gone", value=contacts[0]["value"])

    def leaves(self) -> None:
        self.company.deactivate_customer(self.customer_id)
        self.notes("deactivated")

    def double(self) -> "Household":
        """The same people, entered a second time by somebody else."""
        other = Household(self.company, self.truth, self.random, story=self.story)
        other.customer_id = self.company.add_customer(str(self.company.get("customers", self.customer_id)["name"]))
        other.notes("came", double_of=self.customer_id, location_id=other.home)
        return other

    def becomes(self, survivor: "Household") -> None:
        self.company.merge_customers(self.customer_id, survivor.customer_id)
        self.notes("merged", into=survivor.customer_id)
        self.customer_id = survivor.customer_id

    # what they ask for

    def asks(self) -> int:
        lead = self.company.add_lead(self.customer_id)
        self.notes("asked", lead_id=lead)
        return lead

    def asks_as_a_stranger(self) -> int:
        """A lead without a customer, until somebody sees whose it is."""
        lead = self.company.add_lead(None, leadCustomerName="A caller", leadPhone="(714) 555-0111")
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

    def retypes(self, visit: Visit, kind: str, start: datetime) -> None:
        """The same job becomes another one, with a second day."""
        [first, *_] = self.company.appointments_of(visit.job_id)
        self.company.set_appointment_status(first["id"], "Done")
        self.company.change_job_type(visit.job_id, job_type_id=self.random.choice(self.company.kinds[kind]))
        self.company.add_appointment(visit.job_id, start)
        before, visit.kind, visit.start = visit.kind, kind, start
        self.notes("retyped", visit, before=before, start=start)
