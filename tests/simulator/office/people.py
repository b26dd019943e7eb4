"""Who they are: people come, type their contacts, have a second house, are entered twice, and leave."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Self

from tests.simulator.office.contacts import JUNK_EMAILS, good_email, typed
from tests.simulator.office.facts import Fact, Truth
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
class People:
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
        """Nothing where it has passed."""
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

    def has_no_email(self) -> None:
        """As somebody types it, who has asked for one."""
        value = self.random.choice(JUNK_EMAILS)
        self.company.add_contact(self.customer_id, "Email", value)
        self.notes("contact_changed", email=None, value=value)

    def takes_off_the_oldest_email(self) -> None:
        contacts = self.company.children("customer_contacts", "customerId", self.customer_id)
        oldest = next((one for one in contacts if one["type"] == "Email" and one["active"]), None)
        if oldest:
            self.company.delete_contact(oldest["id"], self.customer_id, trace=True)
            self.notes("contact_gone", value=oldest["value"])

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

    @property
    def is_customer(self) -> bool:
        return bool(self.company.get("customers", self.customer_id)["active"])

    def leaves(self) -> None:
        self.company.deactivate_customer(self.customer_id)
        self.notes("deactivated")

    def double(self) -> Self:
        """The same people, entered a second time by somebody else."""
        other = type(self)(self.company, self.truth, self.random, story=self.story)
        other.customer_id = self.company.add_customer(str(self.company.get("customers", self.customer_id)["name"]))
        other.notes("came", double_of=self.customer_id, location_id=other.home)
        return other

    def becomes(self, survivor: Self) -> None:
        self.company.merge_customers(self.customer_id, survivor.customer_id)
        self.notes("merged", into=survivor.customer_id)
        self.customer_id = survivor.customer_id
