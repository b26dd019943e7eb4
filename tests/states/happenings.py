"""What can happen in a family's records: the plausible, at a given moment, and the odd."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from hypothesis import strategies as st

BASE = datetime(2024, 1, 1, tzinfo=UTC)
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
# 30 days back, a job is just forgotten
starts = st.sampled_from([timedelta(days=days) for days in (0, 0, 1, 2, 60, -30, -30)] + [None] * 2)
visit_statuses = st.sampled_from([*["Scheduled", None, "Done", "Hold"] * 2, "Canceled"])
places = st.sampled_from([None, 1, 1, 2])
# the same numbers in every family: they would meet if the customer were forgotten
links: dict[str, st.SearchStrategy[Any]] = {
    "recall_for_id": st.sampled_from([None] * 12 + [0, 0, 1]),
    "warranty_id": st.sampled_from([None] * 12 + [0, 0, 1]),
    "created_from_estimate_id": st.sampled_from([None] * 12 + [0, 0, 1, 2]),
    "no_charge": st.sampled_from([None] * 6 + [False] * 6 + [True]),
    "business_unit_id": st.sampled_from([None] * 8 + [1, 2, 3, 9]),
    "project_id": places,
    "location_id": places,
}
subtotals = st.sampled_from([None, Decimal("499.99"), Decimal("500"), Decimal("500.01")])
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
    """A field that is a stretch of time is the moment so far from now."""
    stamps = dict.fromkeys(dated, now)
    told = {name: now + value if isinstance(value, timedelta) else value for name, value in row.items()}
    return [Op(table, {**told, **stamps, **dict([missing] if missing and missing[0] in stamps else [])})]


def record(table: str, dated: tuple[str, ...] = ("created_on", "modified_on"), **fields: Any) -> st.SearchStrategy[Any]:
    """A row of the table whose dates are the moment."""
    row = st.fixed_dictionaries(fields)
    return st.builds(lambda row, missing: partial(row_of, table, dated, row, missing), row, no_dates)


def job_row(job: tuple[int, int], person: int, status: str, now: datetime, done: timedelta | None = None) -> Op:
    identity, job_type = job
    row = {"id": identity, "customer_id": person, "job_type_id": job_type, "job_status": status}
    completed_on = None if done is None else now + done
    return Op("jobs", {**row, "created_on": now, "modified_on": now, "completed_on": completed_on})


def booked(job: tuple[int, int], person: int, appointment: int, start: timedelta | None, now: datetime) -> list[Op]:
    visit = {"id": appointment, "job_id": job[0], "start": None if start is None else now + start}
    stamps = {"created_on": now, "modified_on": now}
    return [job_row(job, person, "Scheduled", now), Op("appointments", {**visit, **stamps})]


def canceled(job: tuple[int, int], person: int, log: int | None, now: datetime) -> list[Op]:
    entry = [] if log is None else [Op("job_canceled_logs", {"id": log, "job_id": job[0], "created_on": now})]
    return [job_row(job, person, "Canceled", now), *entry]


def completed(job: tuple[int, int], person: int, done: timedelta | None, now: datetime) -> list[Op]:
    return [job_row(job, person, "Completed", now, done)]


def plausible(strategy: Callable[..., list[Op]], *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Happening]:
    return st.tuples(*arguments).map(lambda drawn: partial(strategy, *drawn))


# a job and its type; one has now this type, now that
typed_jobs = st.sampled_from([*[(1, 1), (2, 1), (3, 2), (4, 2), (5, 2)] * 2, (6, 3), (6, 1), (6, 2)])
ends = st.sampled_from([None, None, timedelta(), timedelta(days=-1)])  # with no date of its own, when last changed
books = plausible(booked, typed_jobs, people, st.integers(1, 8), starts)
cancels = plausible(canceled, typed_jobs, people, maybe(st.integers(1, 3)))
completes = plausible(completed, typed_jobs, people, ends)
leads = record("leads", id=st.integers(1, 4), customer_id=maybe(people), active=is_active, status=statuses)
jobs = record(
    "jobs",
    ("created_on", "modified_on", "completed_on"),
    **{"id": job_ids, "customer_id": people, "job_type_id": job_types, "job_status": job_statuses, **links},
)
appointments = record(
    "appointments", id=st.integers(1, 8), job_id=job_ids, active=is_active, start=starts, status=visit_statuses
)
logs = record("job_canceled_logs", ("created_on",), id=st.integers(1, 4), job_id=job_ids, active=is_active)
estimates = record(
    "estimates",
    ("created_on", "modified_on", "sold_on"),
    **{"id": st.integers(1, 4), "job_id": maybe(job_ids), "customer_id": maybe(people), "active": is_active},
    status=estimate_statuses,
    subtotal=subtotals,
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
