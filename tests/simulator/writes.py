"""The table of write endpoints, and how a body is read.

There are no idempotency keys: what comes twice is done twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from tests.simulator import bodies, crm_writes, job_writes
from tests.simulator.answers import Answer, Problem
from tests.simulator.visit import Visit

CUSTOMERS, LEADS, BOOKINGS = "tn.crm.customers", "tn.crm.leads", "tn.crm.bookings"
JOBS, APPOINTMENTS, ESTIMATES = "tn.jpm.jobs", "tn.jpm.appointments", "tn.sal.estimates"
PROVIDER = "booking-provider/{provider:int}/bookings"


@dataclass(frozen=True)
class Write:
    method: str
    module: str
    path: str
    scope: str
    body: type[bodies.Body]
    work: Callable[[Visit, Any], Any]

    def __call__(self, visit: Visit) -> Answer:
        """Answers 200, also for what was created."""
        return Answer(self.work(visit, self._read(visit.body)))

    def _read(self, raw: bytes) -> bodies.Body:
        try:
            return self.body.model_validate(orjson.loads(raw or b"{}"))
        except orjson.JSONDecodeError:
            raise Problem(400, {"": "The body is not JSON."}) from None
        except ValidationError as error:
            raise Problem(400, {".".join(map(str, e["loc"])): e["msg"] for e in error.errors()}) from None


WRITES = (
    Write("POST", "crm", "customers", CUSTOMERS, bodies.CreateCustomer, crm_writes.create_customer),
    Write("PATCH", "crm", "customers/{id:int}", CUSTOMERS, bodies.UpdateCustomer, crm_writes.update_customer),
    Write("POST", "crm", "customers/{id:int}/contacts", CUSTOMERS, bodies.NewContact, crm_writes.add_contact),
    Write(
        "PATCH",
        "crm",
        "customers/{id:int}/contacts/{contact:int}",
        CUSTOMERS,
        bodies.ContactUpdate,
        crm_writes.update_contact,
    ),
    Write(
        "DELETE",
        "crm",
        "customers/{id:int}/contacts/{contact:int}",
        CUSTOMERS,
        bodies.Nothing,
        crm_writes.delete_contact,
    ),
    Write("POST", "crm", "leads", LEADS, bodies.CreateLead, crm_writes.create_lead),
    Write("POST", "crm", "leads/form", LEADS, bodies.LeadForm, crm_writes.submit_lead_form),
    Write("PATCH", "crm", "leads/{id:int}", LEADS, bodies.LeadUpdate, crm_writes.update_lead),
    Write("POST", "crm", "leads/{id:int}/dismiss", LEADS, bodies.DismissLead, crm_writes.dismiss_lead),
    Write("POST", "crm", "leads/{id:int}/follow-up", LEADS, bodies.FollowUp, crm_writes.follow_up),
    Write("POST", "crm", PROVIDER, BOOKINGS, bodies.CreateBooking, crm_writes.create_booking),
    Write("POST", "crm", PROVIDER + "/{id:int}/contacts", BOOKINGS, bodies.NewContact, crm_writes.add_booking_contact),
    Write("POST", "crm", PROVIDER + "/{id:int}/dismiss", BOOKINGS, bodies.DismissBooking, crm_writes.dismiss_booking),
    Write("POST", "jpm", "jobs", JOBS, bodies.CreateJob, job_writes.create_job),
    Write("PATCH", "jpm", "jobs/{id:int}", JOBS, bodies.UpdateJob, job_writes.update_job),
    Write("PUT", "jpm", "jobs/{id:int}/cancel", JOBS, bodies.CancelJob, job_writes.cancel_job),
    Write("PUT", "jpm", "jobs/{id:int}/remove-cancellation", JOBS, bodies.Nothing, job_writes.remove_cancellation),
    Write("POST", "jpm", "appointments", APPOINTMENTS, bodies.AddAppointment, job_writes.add_appointment),
    Write("PATCH", "jpm", "appointments/{id:int}/reschedule", APPOINTMENTS, bodies.Reschedule, job_writes.reschedule),
    Write("DELETE", "jpm", "appointments/{id:int}", APPOINTMENTS, bodies.Nothing, job_writes.delete_appointment),
    Write("PUT", "sales", "estimates/{id:int}/sell", ESTIMATES, bodies.Sell, job_writes.sell),
    Write("PUT", "sales", "estimates/{id:int}/unsell", ESTIMATES, bodies.Nothing, job_writes.unsell),
    Write("PUT", "sales", "estimates/{id:int}/dismiss", ESTIMATES, bodies.Nothing, job_writes.dismiss),
)
