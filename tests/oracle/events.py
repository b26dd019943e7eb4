"""Source events: one per dated fact about a customer."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from tests.oracle.customers import ends
from tests.oracle.endings import cancellation_counts, done_at
from tests.oracle.jobs import Job, jobs
from tests.oracle.kinds import has_estimates, kind_rules
from tests.oracle.leads import converting_job
from tests.oracle.records import Records, Row, is_active, moment
from tests.oracle.rules import Rule, TenantRules

BOOKED = {"sales": Decimal("2.0"), "install": Decimal("5.0")}
CANCELED = {"sales": Decimal("2.5"), "install": Decimal("5.5")}

JobsOf = dict[int, list[Job]]  # by customer, after merges


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


def events(records: Records, rules: TenantRules) -> Iterator[Event]:
    """All that have a date and a customer in the warehouse, later than now or not."""
    customers = ends(records)
    taken_by = kind_rules(records, rules)
    known_jobs = jobs(records, customers, taken_by)
    jobs_of: JobsOf = defaultdict(list)
    for job in known_jobs.values():
        jobs_of[job.customer].append(job)
    for event in (
        *_leads(records, customers, jobs_of),
        *_appointments(records, known_jobs),
        *_cancellations(jobs_of),
        *_completions(jobs_of),
        *_estimates(records, taken_by),
        *_state_updates(records),
    ):
        if event.customer in customers and moment(event.occurred_at) is not None:
            yield event._replace(customer=customers[event.customer])


def _leads(records: Records, customers: dict[int, int], jobs_of: JobsOf) -> Iterator[Event]:
    leads_of: dict[int | None, list[Row]] = defaultdict(list)
    for row in records["leads"]:
        leads_of[customers.get(row.get("customer_id"))].append(row)  # type: ignore[arg-type]
    for customer, rows in leads_of.items():
        for row in rows:
            if customer is None or not is_active(row) or row.get("status") == "Dismissed":
                continue
            yield _event(row, "leads", "lead:{}:created", "lead_created", "1.0", row.get("created_on"), None)
            if job := converting_job(row, rows, jobs_of[customer]):
                yield _event(row, "leads", "lead:{}:converted", "lead_converted", "0.0", job.created_at, None)


def _appointments(records: Records, known_jobs: dict[int, Job]) -> Iterator[Event]:
    for row in records["appointments"]:
        job = known_jobs.get(row.get("job_id"))  # type: ignore[arg-type]
        if job and job.kind in BOOKED:
            name, to_state = f"{job.kind}_appointment_booked", str(BOOKED[job.kind])
            row = {**row, "customer_id": job.customer}
            yield _event(row, "appointments", "appointment:{}:booked", name, to_state, row.get("created_on"), job.id)


def _cancellations(jobs_of: JobsOf) -> Iterator[Event]:
    for customer, each in jobs_of.items():
        for job in each:
            if job.kind in CANCELED and job.is_canceled and cancellation_counts(job, each):
                event_id, name = f"job:{{}}:canceled:{job.cancellation}", f"{job.kind}_job_canceled"
                row = {"id": job.id, "customer_id": customer}
                yield _event(row, "jobs", event_id, name, str(CANCELED[job.kind]), job.canceled_at, job.id)


def _completions(jobs_of: JobsOf) -> Iterator[Event]:
    for customer, each in jobs_of.items():
        for job in each:
            if job.kind == "install" and job.is_completed:
                row, at = {"id": job.id, "customer_id": customer}, done_at(job, each)
                yield _event(row, "jobs", "job:{}:completed", "install_job_completed", "6.0", at, job.id)


def _estimates(records: Records, taken_by: dict[int, Rule]) -> Iterator[Event]:
    all_jobs = {row["id"]: row for row in records["jobs"]}
    for row in records["estimates"]:
        job_id, status = row.get("job_id"), (row.get("status") or {}).get("name")
        job = all_jobs.get(job_id)
        is_waiting = job_id is not None and job is None
        counts = job is None or has_estimates(taken_by[job["id"]], row.get("subtotal"))
        if is_waiting or not counts or not is_active(row) or status == "Dismissed":
            continue
        if row.get("customer_id") is None:
            row = {**row, "customer_id": (job or {}).get("customer_id")}
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
