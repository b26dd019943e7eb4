"""A small office, told in days: the records of one tenant, and what the oracle makes of them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.servicetitan.streams import STREAMS
from tests.oracle.derivation import SHIPPED, derive
from tests.oracle.fold import Story
from tests.oracle.records import Records, Row
from tests.oracle.rules import Rules

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
TENANT, ADA, BOB = 1, 11, 12
TYPES = {1: "Sales Consultation", 2: "Window Install", 3: "AC Tune-Up"}
SALES, INSTALL, SERVICE = TYPES

Record = tuple[str, Row]
Moment = float | None  # in days since the first


def at(day: Moment) -> datetime | None:
    return None if day is None else FIRST + timedelta(days=day)


def record(table: str, identity: int | str, **fields: Any) -> Record:
    return table, {"id": identity, **fields}


def person(identity: int, merged_to: int | None = None) -> Record:
    return record("customers", identity, merged_to_id=merged_to)


def job(
    identity: int,
    job_type: int | None = INSTALL,
    status: str = "Scheduled",
    *,
    created: Moment = 0,
    ended: Moment = None,
    customer: int = ADA,
    **fields: Any,
) -> Record:
    """``ended``: what it was last changed by."""
    dates = {"created_on": at(created), "modified_on": at(created if ended is None else ended)}
    return record(
        "jobs", identity, customer_id=customer, job_type_id=job_type, job_status=status, **{**dates, **fields}
    )


def visit(identity: int, job: int, booked: Moment, start: Moment = None, **fields: Any) -> Record:
    return record("appointments", identity, job_id=job, created_on=at(booked), start=at(start), **fields)


def lead(identity: int, created: Moment, status: str | None = "Open", customer: int = ADA, **fields: Any) -> Record:
    return record("leads", identity, created_on=at(created), status=status, customer_id=customer, **fields)


def estimate(identity: int, job: int | None, created: Moment, sold: Moment = None, **fields: Any) -> Record:
    status = {"name": "Open" if sold is None else "Sold"}
    told = {"customer_id": ADA, "status": status, "created_on": at(created), "sold_on": at(sold)}
    return record("estimates", identity, job_id=job, **{**told, **fields})


def state_set(identity: str, to_state: str, day: Moment, job: int | None = None) -> Record:
    return record("state_updates", identity, customer_id=ADA, to_state=to_state, set_at=at(day), job_id=job)


def records(told: Iterable[Record]) -> Records:
    known = [person(ADA), person(BOB), *(record("job_types", each, name=name) for each, name in TYPES.items())]
    tables: dict[str, dict[Any, Row]] = {name: {} for name in (*(stream.name for stream in STREAMS), "state_updates")}
    for table, row in (*known, *told):
        tables[table][row["id"]] = row
    return {table: list(rows.values()) for table, rows in tables.items()}


def stories(*told: Record, until: float = 400, rules: Rules = SHIPPED) -> Mapping[int, Story]:
    as_of = at(until)
    assert as_of
    return derive(records(told), TENANT, as_of, rules)


def story(*told: Record, until: float = 89, rules: Rules = SHIPPED, customer: int = ADA) -> list[tuple[float, str]]:
    """The day of each transition, and the event."""
    transitions = stories(*told, until=until, rules=rules)[customer].transitions
    return [(day_of(each.occurred_at), each.event_id) for each in transitions]


def met(*told: Record, until: float = 89, rules: Rules = SHIPPED) -> list[tuple[float, str]]:
    """The day of each event by then, accepted or not."""
    verdicts = stories(*told, until=until, rules=rules)[ADA].verdicts
    return [(day_of(each.event.occurred_at), each.event.event_id) for each in verdicts if each.rule]


def day_of(moment: datetime) -> float:
    return (moment - FIRST) / timedelta(days=1)
