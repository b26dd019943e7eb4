"""Jobs: their kind, their end, and whether a cancellation counts."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from tests.oracle.records import Records, Row, is_active, moment

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"


@dataclass(frozen=True)
class Job:
    id: int
    customer: int
    kind: str
    created_at: datetime | None
    is_canceled: bool
    canceled_at: datetime | None
    cancellation: int
    is_completed: bool
    completed_at: datetime | None
    booked: tuple[datetime | None, ...]  # one per appointment


def jobs(records: Records, ends: dict[int, int], tenant: int) -> dict[int, Job]:
    """Those whose customer is in the warehouse, of every kind."""
    return {row["id"]: _job(row, records, ends, tenant) for row in records["jobs"] if row.get("customer_id") in ends}


def kind(row: Row, records: Records, tenant: int) -> str:
    names = {stream: {each["id"]: each.get("name") for each in records[stream]} for stream in NAMED.values()}
    values = {field: row.get(field) for field in NAMED}
    values |= {field.replace("_id", "_name"): names[NAMED[field]].get(row.get(field)) for field in NAMED}
    matching = [
        (int(rule["priority"]), rule["tenant_id"] == "", rule["match_field"], rule["pattern"], rule["job_kind"])
        for rule in rules("job_kind_rules")
        if rule["tenant_id"] in ("", str(tenant)) and _matches(rule, values)
    ]
    return min(matching)[-1] if matching else "other"


def counts(canceled: Job, jobs: Iterable[Job]) -> bool:
    """A cancellation counts only where nothing else is on."""
    return not any(_is_on(other, canceled) for other in jobs if _same_kind(other, canceled))


@cache
def rules(seed: str) -> tuple[dict[str, str], ...]:
    with (SEEDS / f"{seed}.csv").open(newline="") as file:
        return tuple(csv.DictReader(file))


NAMED = {"job_type_id": "job_types", "business_unit_id": "business_units"}


def _job(row: Row, records: Records, ends: dict[int, int], tenant: int) -> Job:
    log = [entry for entry in records["job_canceled_logs"] if entry.get("job_id") == row["id"]]
    entries = [entry for entry in log if is_active(entry)]
    dates = [date for entry in entries if (date := moment(entry.get("created_on")))]
    is_canceled, is_completed = (row.get("job_status") == status for status in ("Canceled", "Completed"))
    return Job(
        id=row["id"],
        customer=ends[row["customer_id"]],
        kind=kind(row, records, tenant),
        created_at=moment(row.get("created_on")),
        is_canceled=is_canceled,
        canceled_at=max(dates, default=None) if entries else moment(row.get("modified_on")),
        cancellation=len(log) - len(entries) + max(1, len(entries)),
        is_completed=is_completed,
        completed_at=moment(row.get("completed_on")) or moment(row.get("modified_on")),
        booked=tuple(
            moment(each.get("created_on")) for each in records["appointments"] if each.get("job_id") == row["id"]
        ),
    )


def _matches(rule: dict[str, str], values: Row) -> bool:
    value, pattern = values[rule["match_field"]], rule["pattern"]
    if rule["match_field"].endswith("_id"):
        return pattern in ("", str(value))
    return value is not None and re.search(pattern, value, re.IGNORECASE) is not None


def _same_kind(other: Job, job: Job) -> bool:
    return (other.customer, other.kind) == (job.customer, job.kind) and other.id != job.id


def _is_on(other: Job, canceled: Job) -> bool:
    """What is unknown counts as still on."""
    then = canceled.canceled_at
    assert then is not None
    if not any(booked is None or booked <= then for booked in other.booked):
        return False
    if other.is_canceled and other.canceled_at is not None and other.canceled_at <= then:
        return False
    first = _first_booking(canceled)
    return not (other.is_completed and other.completed_at and first and other.completed_at < first)


def _first_booking(job: Job) -> datetime | None:
    if not job.booked:
        return job.created_at
    known = [booked for booked in job.booked if booked is not None]
    return min(known) if len(known) == len(job.booked) else None
