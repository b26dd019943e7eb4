"""What happens to jobs: booked, moved, canceled, taken back, completed."""

from datetime import datetime, timedelta
from typing import Any

from tests.simulator import records
from tests.simulator.customers import CAMPAIGN, CAMPAIGNS_IN_USE
from tests.simulator.ledger import Refused
from tests.simulator.technicians import TechnicianVerbs
from tests.simulator.wire import Record, stamp, written

APPOINTMENT_STATUS = {
    "Scheduled": "Scheduled",
    "Dispatched": "Dispatched",
    "InProgress": "Working",
    "Hold": "Hold",
    "Completed": "Done",
    "Canceled": "Canceled",
}


class JobVerbs(TechnicianVerbs):
    kinds: dict[str, list[int]]  # sales, install, other -> ids of job types

    def job_type(self, kind: str) -> Record:
        """The tenant's first job type of the kind: sales, install or other."""
        return self.get("job_types", self.kinds[kind][0])

    def book_job(
        self,
        customer_id: int,
        kind: str = "sales",
        *,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        lead_id: int | None = None,
        booking_id: int | None = None,
        job_type_id: int | None = None,
        **fields: Any,
    ) -> int:
        """With its first appointment, by default in two days; a lead or booking that it comes from is converted."""
        job_type = self.get("job_types", job_type_id or self.job_type(kind)["id"])
        job = self._new_job(customer_id, job_type, bookingId=booking_id, **fields)
        job_id = self.insert("jobs", job)
        self._insert_appointment(job["firstAppointmentId"], job, start, end)
        if lead_id is not None:
            self.change("leads", lead_id, status="Converted")
        if booking_id is not None:
            self.change("bookings", booking_id, status="Converted", jobId=job_id)
        return job_id

    def appointments_of(self, job_id: int) -> list[Record]:
        """The active ones, oldest first."""
        return [a for a in self.children("appointments", "jobId", job_id) if a["active"]]

    def add_appointment(
        self, job_id: int, start: datetime | str | None = None, end: datetime | str | None = None
    ) -> int:
        appointment_id = self.new_id()
        self._insert_appointment(appointment_id, self.get("jobs", job_id), start, end)
        self._recount(job_id)
        return appointment_id

    def reschedule(self, appointment_id: int, start: datetime | str, end: datetime | str | None = None) -> None:
        """The job's own modifiedOn stays."""
        job = self.get("jobs", self.get("appointments", appointment_id)["jobId"])
        self.change("appointments", appointment_id, **self._times(job, start, end))

    def delete_appointment(self, appointment_id: int) -> None:
        appointment = self.get("appointments", appointment_id)
        if len(self.appointments_of(appointment["jobId"])) < 2:
            raise Refused("id", "the only appointment of a job cannot be deleted; cancel the job", 409)
        self.change("appointments", appointment_id, active=False)
        self._recount(appointment["jobId"])

    def set_job_status(self, job_id: int, status: str, **fields: Any) -> None:
        """The appointments that are still on follow the job; a visit that took place is not canceled with it."""
        self.change("jobs", job_id, jobStatus=status, **fields)
        for appointment in self.appointments_of(job_id):
            if appointment["status"] != "Done" or status not in ("Canceled", "Scheduled"):
                self.set_appointment_status(appointment["id"], APPOINTMENT_STATUS[status])

    def cancel_job(self, job_id: int, reason_id: int | None = None, memo: str = "") -> int:
        """Gives the id of the entry in the canceled log. A job that was completed keeps its completedOn."""
        if self.get("jobs", job_id)["jobStatus"] == "Canceled":
            raise Refused("id", f"job {job_id} is already canceled")
        reason_id = reason_id or self.records("job_cancel_reasons")[0]["id"]
        self.set_job_status(job_id, "Canceled")
        log = records.job_canceled_log(id=self.new_id(), jobId=job_id, reasonId=reason_id, memo=memo or None)
        return self.insert("job_canceled_logs", log)

    def remove_cancellation(self, job_id: int, log_stays: bool = False) -> None:
        """The job is on again; the log's entry becomes inactive, or, as seen at times, ``log_stays`` active."""
        if self.get("jobs", job_id)["jobStatus"] != "Canceled":
            raise Refused("id", f"job {job_id} is not canceled")
        for entry in self.children("job_canceled_logs", "jobId", job_id):
            if entry["active"] and not log_stays:
                self.change("job_canceled_logs", entry["id"], active=False)
        self.set_job_status(job_id, "Scheduled")

    def complete_job(self, job_id: int, completed_on: datetime | str | None = None) -> None:
        self.set_job_status(job_id, "Completed", completedOn=written(completed_on or self.now()))

    def reopen_job(self, job_id: int) -> None:
        self.set_job_status(job_id, "InProgress", completedOn=None)

    def change_job_type(self, job_id: int, kind: str | None = None, job_type_id: int | None = None) -> None:
        """To another type, or the first one of a kind, and to that type's business unit."""
        job_type = self.get("job_types", job_type_id or self.job_type(kind or "other")["id"])
        self.change("jobs", job_id, jobTypeId=job_type["id"], businessUnitId=job_type["businessUnitIds"][0])

    def _new_job(self, customer_id: int, job_type: Record, **fields: Any) -> Record:
        job_id, appointment_id = self.new_id(), self.new_id()
        defaults = {
            "locationId": self.location_of(customer_id),
            "businessUnitId": job_type["businessUnitIds"][0],
            "campaignId": CAMPAIGN + customer_id % CAMPAIGNS_IN_USE,
            "invoiceId": self.new_id(),
        }
        return records.job(
            id=job_id,
            jobNumber=str(job_id),
            customerId=customer_id,
            jobTypeId=job_type["id"],
            firstAppointmentId=appointment_id,
            lastAppointmentId=appointment_id,
            **(defaults | fields),
        )

    def _insert_appointment(
        self, appointment_id: int, job: Record, start: datetime | str | None, end: datetime | str | None
    ) -> None:
        start = start or (self.now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
        number = len(self.children("appointments", "jobId", job["id"])) + 1
        appointment = records.appointment(
            id=appointment_id,
            jobId=job["id"],
            customerId=job["customerId"],
            appointmentNumber=f"{job['jobNumber']}-{number}",
            **self._times(job, start, end),
        )
        self.insert("appointments", appointment)

    def _times(self, job: Record, start: datetime | str, end: datetime | str | None) -> Record:
        begin = datetime.fromisoformat(start) if isinstance(start, str) else start
        seconds = self.get("job_types", job["jobTypeId"])["duration"]
        return {
            "start": stamp(begin),
            "end": written(end) or stamp(begin + timedelta(seconds=seconds)),
            "arrivalWindowStart": stamp(begin),
            "arrivalWindowEnd": stamp(begin + timedelta(hours=2)),
        }

    def _recount(self, job_id: int) -> None:
        ids = [appointment["id"] for appointment in self.appointments_of(job_id)]
        self.change("jobs", job_id, appointmentCount=len(ids), firstAppointmentId=ids[0], lastAppointmentId=ids[-1])
