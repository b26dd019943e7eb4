"""What the write endpoints of jobs, appointments and estimates do to the world, and what they answer."""

from tests.simulator import bodies
from tests.simulator.crm_writes import external_data, must_exist
from tests.simulator.ledger import Refused
from tests.simulator.visit import Visit
from tests.simulator.wire import Record, written


def create_job(visit: Visit, body: bodies.CreateJob) -> Record:
    must_exist(
        visit,
        customers=("customerId", body.customerId),
        locations=("locationId", body.locationId),
        business_units=("businessUnitId", body.businessUnitId),
        job_types=("jobTypeId", body.jobTypeId),
        leads=("leadId", body.leadId),
        bookings=("bookingId", body.bookingId),
    )
    first, *others = body.appointments
    job_id = visit.company.book_job(
        body.customerId,
        start=first.start,
        end=first.end,
        lead_id=body.leadId,
        booking_id=body.bookingId,
        job_type_id=body.jobTypeId,
        **body.model_dump(include={"locationId", "businessUnitId", "priority", "campaignId", "summary"}),
        externalData=external_data([], body.externalData),
    )
    for appointment in others:
        visit.company.add_appointment(job_id, appointment.start, appointment.end)
    return visit.shown("jobs", job_id)


def update_job(visit: Visit, body: bodies.UpdateJob) -> Record:
    given = body.given()
    must_exist(
        visit,
        business_units=("businessUnitId", given.get("businessUnitId")),
        job_types=("jobTypeId", given.get("jobTypeId")),
    )
    visit.company.change("jobs", visit.path["id"], **given)
    return visit.shown("jobs", visit.path["id"])


def cancel_job(visit: Visit, body: bodies.CancelJob) -> None:
    visit.company.get("jobs", visit.path["id"])
    must_exist(visit, job_cancel_reasons=("reasonId", body.reasonId))
    visit.company.cancel_job(visit.path["id"], body.reasonId, body.memo)


def remove_cancellation(visit: Visit, _body: bodies.Nothing) -> None:
    visit.company.remove_cancellation(visit.path["id"])


def add_appointment(visit: Visit, body: bodies.AddAppointment) -> Record:
    must_exist(visit, jobs=("jobId", body.jobId))
    return visit.shown("appointments", visit.company.add_appointment(body.jobId, body.start, body.end))


def reschedule(visit: Visit, body: bodies.Reschedule) -> Record:
    appointment = visit.company.get("appointments", visit.path["id"])
    if body.start is None:
        raise Refused("start", "The start is required.")
    visit.company.reschedule(appointment["id"], body.start, written(body.end))
    return visit.shown("appointments", appointment["id"])


def delete_appointment(visit: Visit, _body: bodies.Nothing) -> None:
    visit.company.delete_appointment(visit.path["id"])


def sell(visit: Visit, body: bodies.Sell) -> Record:
    visit.company.sell(visit.path["id"], body.soldBy)
    return visit.shown("estimates", visit.path["id"])


def unsell(visit: Visit, _body: bodies.Nothing) -> None:
    visit.company.unsell(visit.path["id"])


def dismiss(visit: Visit, _body: bodies.Nothing) -> None:
    visit.company.dismiss_estimate(visit.path["id"])
