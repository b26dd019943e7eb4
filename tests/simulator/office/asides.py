"""What happens beside a sale: it changes records, but not where the customer stands."""

from decimal import Decimal

from tests.simulator.catalogue import line_of_555
from tests.simulator.office.life import Act, Journey
from tests.simulator.wire import SENTINEL


def _balance(j: Journey) -> None:
    j.company.update_customer(j.customer_id, balance=Decimal(j.customer_id % 500_000) / 100)


def _second_phone(j: Journey) -> None:
    j.company.add_contact(j.customer_id, "Phone", f"(714) 555-{line_of_555(j.customer_id)}", memo="office")


def _old_contact(j: Journey) -> None:
    j.company.add_contact(j.customer_id, "Fax", "(714) 555-2800", createdOn=SENTINEL)


def _contact_goes(j: Journey) -> None:
    contacts = j.company.children("customer_contacts", "customerId", j.customer_id)
    if len(contacts) > 2:
        j.company.delete_contact(contacts[-1]["id"], trace=j.customer_id % 2 == 0)


def _service_call(j: Journey) -> None:
    job = j.company.book_job(j.customer_id, "other", summary="<p>Noise in the attic</p>")
    j.company.complete_job(job)


def _service_call_canceled_after_all(j: Journey) -> None:
    """A canceled job that still carries completedOn."""
    job = j.company.book_job(j.customer_id, "other", total=Decimal("129.0000"))
    j.company.complete_job(job)
    j.company.cancel_job(job, memo="Booked by mistake")


def _second_visit_deleted(j: Journey) -> None:
    if j.sales_job:
        j.company.delete_appointment(j.company.add_appointment(j.sales_job))


def _duplicate(j: Journey) -> None:
    twin = j.company.add_customer(str(j.company.get("customers", j.customer_id)["name"]), phone="(714) 555-2899")
    j.company.merge_customers(twin, j.customer_id)


def _stranger(j: Journey) -> None:
    j.company.add_lead(None, leadCustomerName="A caller", leadPhone="(714) 555-2811")


# What happens, and how often among ten.
ASIDES: dict[Act, float] = {
    _balance: 2,
    _second_phone: 1.5,
    _old_contact: 0.5,
    _contact_goes: 1.5,
    _service_call: 2,
    _service_call_canceled_after_all: 0.5,
    _second_visit_deleted: 1,
    _duplicate: 0.5,
    _stranger: 0.5,
}
