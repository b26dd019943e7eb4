"""Source events: one per dated fact about a customer."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from tests.oracle.customers import ends
from tests.oracle.jobs import Job, counts, jobs, kind
from tests.oracle.records import Records, Row, is_active, moment

BOOKED = {"sales": Decimal("2.0"), "install": Decimal("5.0")}
CANCELED = {"sales": Decimal("2.5"), "install": Decimal("5.5")}


class Event(NamedTuple):
    customer: Any
    event_id: str
    event_name: str
    to_state: Decimal
    occurred_at: Any
    job: int | None
    source_table: str
    source_id: str

    @property
    def order(self) -> tuple[datetime, bool, Decimal, bytes]:
        return self.occurred_at, self.event_name == "state_set", self.to_state, self.event_id.encode()


def events(records: Records, tenant: int) -> Iterator[Event]:
    """All that have a date and a customer in the warehouse, later than now or not."""
    customers = ends(records)
    known_jobs = jobs(records, customers, tenant)
    for event in (
        *_leads(records),
        *_appointments(records, known_jobs),
        *_cancellations(known_jobs),
        *_completions(known_jobs),
        *_estimates(records, tenant),
        *_state_updates(records),
    ):
        if event.customer in customers and moment(event.occurred_at) is not None:
            yield event._replace(customer=customers[event.customer])


def _leads(records: Records) -> Iterator[Event]:
    for row in records["leads"]:
        if row.get("customer_id") is not None and is_active(row) and row.get("status") != "Dismissed":
            yield _event(row, "leads", "lead:{}:created", "lead_created", "1.0", row.get("created_on"), None)


def _appointments(records: Records, known_jobs: dict[int, Job]) -> Iterator[Event]:
    for row in records["appointments"]:
        job = known_jobs.get(row.get("job_id"))  # type: ignore[arg-type]
        if job and job.kind in BOOKED:
            name, to_state = f"{job.kind}_appointment_booked", str(BOOKED[job.kind])
            row = {**row, "customer_id": job.customer}
            yield _event(row, "appointments", "appointment:{}:booked", name, to_state, row.get("created_on"), job.id)


def _cancellations(known_jobs: dict[int, Job]) -> Iterator[Event]:
    for job in known_jobs.values():
        if job.kind in CANCELED and job.is_canceled and job.canceled_at and counts(job, known_jobs.values()):
            event_id, name = f"job:{{}}:canceled:{job.cancellation}", f"{job.kind}_job_canceled"
            row = {"id": job.id, "customer_id": job.customer}
            yield _event(row, "jobs", event_id, name, str(CANCELED[job.kind]), job.canceled_at, job.id)


def _completions(known_jobs: dict[int, Job]) -> Iterator[Event]:
    for job in known_jobs.values():
        if job.kind == "install" and job.is_completed:
            row = {"id": job.id, "customer_id": job.customer}
            yield _event(row, "jobs", "job:{}:completed", "install_job_completed", "6.0", job.completed_at, job.id)


def _estimates(records: Records, tenant: int) -> Iterator[Event]:
    all_jobs = {row["id"]: row for row in records["jobs"]}
    for row in records["estimates"]:
        job = all_jobs.get(row.get("job_id"))
        is_waiting = row.get("job_id") is not None and job is None
        is_other = job is not None and kind(job, records, tenant) not in BOOKED
        status = (row.get("status") or {}).get("name")
        if is_waiting or is_other or not is_active(row) or status == "Dismissed":
            continue
        if row.get("customer_id") is None:
            row = {**row, "customer_id": (job or {}).get("customer_id")}
        job_id = row.get("job_id")
        yield _event(row, "estimates", "estimate:{}:created", "estimate_created", "3.0", row.get("created_on"), job_id)
        if status == "Sold":
            sold_on = moment(row.get("sold_on")) or row.get("modified_on")
            yield _event(row, "estimates", "estimate:{}:sold", "estimate_sold", "4.0", sold_on, job_id)


def _state_updates(records: Records) -> Iterator[Event]:
    for row in records["state_updates"]:
        to_state, job_id = str(row["to_state"]), row.get("job_id")
        yield _event(row, "state_updates", "state_update:{}", "state_set", to_state, row.get("set_at"), job_id)


def _event(row: Row, table: str, event_id: str, name: str, to_state: str, at: Any, job: int | None) -> Event:
    identity = str(row["id"])
    return Event(
        row["customer_id"],
        event_id.format(identity),
        name,
        Decimal(to_state).quantize(Decimal("0.1")),
        at,
        job,
        table,
        identity,
    )
