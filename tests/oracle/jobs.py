"""Jobs, as the records tell of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from tests.oracle.records import Records, Row, by, is_active, moment
from tests.oracle.rules import Rule


class Appointment(NamedTuple):
    booked_at: datetime | None
    start: datetime | None
    is_on: bool  # active, and not Canceled


@dataclass(frozen=True)
class Job:
    id: int
    customer: int
    kind: str
    project: int | None
    location: int | None
    created_at: datetime | None
    is_canceled: bool
    canceled_at: datetime | None
    cancellation: int
    is_completed: bool
    completed_at: datetime | None
    appointments: tuple[Appointment, ...]

    def booked_by(self, then: datetime) -> Iterator[Appointment]:
        """A booking without a moment is none."""
        return (each for each in self.appointments if each.booked_at and each.booked_at <= then)

    def latest_start(self, then: datetime) -> datetime | None:
        """Of what is on, of what was booked by then."""
        return max((each.start for each in self.booked_by(then) if each.is_on and each.start), default=None)


def jobs(records: Records, ends: dict[int, int], kind_rules: dict[int, Rule]) -> dict[int, Job]:
    """Those whose customer is in the warehouse, of every kind."""
    logs, visits = (by("job_id", records[stream]) for stream in ("job_canceled_logs", "appointments"))
    return {
        row["id"]: _job(row, ends, kind_rules, logs.get(row["id"], []), visits.get(row["id"], []))
        for row in records["jobs"]
        if row.get("customer_id") in ends
    }


def _job(row: Row, ends: dict[int, int], kind_rules: dict[int, Rule], log: list[Row], visits: list[Row]) -> Job:
    entries = [entry for entry in log if is_active(entry)]
    dates = [date for entry in entries if (date := moment(entry.get("created_on")))]
    is_canceled, is_completed = (row.get("job_status") == status for status in ("Canceled", "Completed"))
    return Job(
        id=row["id"],
        customer=ends[row["customer_id"]],
        kind=kind_rules[row["id"]]["job_kind"],
        project=row.get("project_id"),
        location=row.get("location_id"),
        created_at=moment(row.get("created_on")),
        is_canceled=is_canceled,
        canceled_at=max(dates, default=None) if entries else moment(row.get("modified_on")),
        cancellation=len(log) - len(entries) + max(1, len(entries)),
        is_completed=is_completed,
        completed_at=moment(row.get("completed_on")) or moment(row.get("modified_on")),
        appointments=tuple(_appointment(each) for each in visits),
    )


def _appointment(row: Row) -> Appointment:
    is_on = is_active(row) and row.get("status") != "Canceled"
    return Appointment(moment(row.get("created_on")), moment(row.get("start")), is_on)
