"""What can happen in a family's records: the plausible, at a given moment, and the odd."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from hypothesis import strategies as st

SENTINEL = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Op:
    """A row that arrives, new or changed."""

    table: str
    row: dict[str, Any]


Happening = Callable[[datetime], list[Op]]

people = st.sampled_from([1] * 8 + [2, 3])
job_ids = st.sampled_from([1, 2, 3, 4, 5, 6])
job_types = st.sampled_from([1, 1, 1, 2, 2, 2, 3, 9, None])
is_active = st.sampled_from([True, True, True, True, None, False])
statuses = st.sampled_from(["Open", "Open", "Converted", "Dismissed", None])
job_statuses = st.sampled_from(["Scheduled", "InProgress", "Hold", "Canceled", "Completed", "Completed", None])
estimate_statuses = st.sampled_from(
    [
        None,
        {"value": 0, "name": "Open"},
        {"value": 1, "name": "Sold"},
        {"name": "Sold"},
        {"value": 2, "name": "Dismissed"},
    ]
)
states = st.sampled_from(["0.0", "1.0", "2.0", "2.5", "3.0", "4.0", "5.0", "5.5", "6.0"])
no_dates = st.sampled_from([()] * 12 + [("created_on", None), ("created_on", SENTINEL), ("modified_on", None)])


def weighted(*strategies: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """`one_of` takes a strategy that is repeated for one."""
    return st.sampled_from([each for weight, each in strategies for _ in range(weight)]).flatmap(lambda one: one)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return weighted((2, strategy), (1, st.none()))


def row_of(
    table: str, dated: tuple[str, ...], row: dict[str, Any], missing: tuple[Any, ...], now: datetime
) -> list[Op]:
    stamps = dict.fromkeys(dated, now)
    return [Op(table, {**row, **stamps, **dict([missing] if missing and missing[0] in stamps else [])})]


def record(table: str, dated: tuple[str, ...] = ("created_on", "modified_on"), **fields: Any) -> st.SearchStrategy[Any]:
    """A row of the table whose dates are the moment."""
    row = st.fixed_dictionaries(fields)
    return st.builds(lambda row, missing: partial(row_of, table, dated, row, missing), row, no_dates)


def job_row(job: tuple[int, int], person: int, status: str, now: datetime) -> Op:
    identity, job_type = job
    row = {"id": identity, "customer_id": person, "job_type_id": job_type, "job_status": status}
    return Op("jobs", {**row, "created_on": now, "modified_on": now, "completed_on": None})


def booked(job: tuple[int, int], person: int, appointment: int, now: datetime) -> list[Op]:
    visit = Op("appointments", {"id": appointment, "job_id": job[0], "created_on": now, "modified_on": now})
    return [job_row(job, person, "Scheduled", now), visit]


def ended(job: tuple[int, int], person: int, status: str, log: int | None, now: datetime) -> list[Op]:
    entry = [Op("job_canceled_logs", {"id": log, "job_id": job[0], "created_on": now})] if log else []
    return [job_row(job, person, status, now), *entry]


def plausible(strategy: Callable[..., list[Op]], *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Happening]:
    return st.tuples(*arguments).map(lambda drawn: partial(strategy, *drawn))


# a job and its type; one has now this type, now that
typed_jobs = st.sampled_from([*[(1, 1), (2, 1), (3, 2), (4, 2), (5, 2)] * 2, (6, 3), (6, 1), (6, 2)])
books = plausible(booked, typed_jobs, people, st.integers(1, 8))
cancels = plausible(ended, typed_jobs, people, st.just("Canceled"), maybe(st.integers(1, 3)))
completes = plausible(ended, typed_jobs, people, st.just("Completed"), st.none())
leads = record("leads", id=st.integers(1, 4), customer_id=maybe(people), active=is_active, status=statuses)
jobs = record(
    "jobs",
    ("created_on", "modified_on", "completed_on"),
    **{"id": job_ids, "customer_id": people, "job_type_id": job_types, "job_status": job_statuses},
)
appointments = record("appointments", id=st.integers(1, 8), job_id=job_ids, active=is_active)
logs = record("job_canceled_logs", ("created_on",), id=st.integers(1, 4), job_id=job_ids, active=is_active)
estimates = record(
    "estimates",
    ("created_on", "modified_on", "sold_on"),
    **{"id": st.integers(1, 4), "job_id": maybe(job_ids), "customer_id": maybe(people), "active": is_active},
    status=estimate_statuses,
)
customers = record(
    "customers", id=st.integers(1, 3), active=is_active, merged_to_id=st.sampled_from([None, None, 1, 2, 3, 4])
)
state_updates = record(
    "state_updates", ("set_at",), id=st.integers(1, 2), customer_id=people, job_id=maybe(job_ids), to_state=states
)

happenings: st.SearchStrategy[Happening] = weighted(
    *((3, books), (3, cancels), (2, completes), (2, estimates), (2, logs), (2, customers)),
    *((1, leads), (1, jobs), (2, appointments), (1, state_updates)),
)
