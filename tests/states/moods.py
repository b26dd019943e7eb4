"""Other moods of a family than plain progress: returns, several installs, enquiries, and states set by hand."""

from datetime import datetime, timedelta

from hypothesis import strategies as st

from tests.states.happenings import (
    BASE,
    Happening,
    Op,
    canceled,
    job_row,
    maybe,
    plausible,
    record,
    starts,
    statuses,
    subtotals,
    visit_statuses,
    weighted,
)
from tests.states.progress import (
    CUSTOMER,
    INSTALL,
    JOB_TYPES,
    OTHER_CUSTOMER,
    OTHER_INSTALL,
    SERVICE,
    THIRD_INSTALL,
    at_once,
    cancellations,
    completions,
    corrections,
    customer,
    installs,
    jobs,
    leads,
    merges,
    new,
    offers,
    pairs,
    sales,
    typed,
    visits,
)

MONTH, MINUTE = timedelta(days=30), timedelta(minutes=1)


def _over_at_once(together: tuple[int, int], statuses: tuple[str, str], now: datetime) -> list[Op]:
    jobs = zip(together, statuses, strict=True)
    return [job_row((job, JOB_TYPES[job]), CUSTOMER, status, now) for job, status in jobs]


def _just_forgotten(pair: tuple[int, int], status: str, tick: timedelta, now: datetime) -> list[Op]:
    """One is called off, or was done, while the other's visit was a month ago, give or take a microsecond."""
    job, other = pair
    visit = {"id": 0, "job_id": other, "created_on": now - timedelta(days=40), "start": now - MONTH + tick}
    return [
        Op("appointments", visit),
        job_row((other, JOB_TYPES[other]), CUSTOMER, "Scheduled", now),
        job_row((job, JOB_TYPES[job]), CUSTOMER, status, now),
    ]


def _called(job_type: int, person: int, now: datetime) -> list[Op]:
    return [job_row((0, job_type), person, "Scheduled", now)]


def _closed_late(install: int, state: str, is_of_it: bool, now: datetime) -> list[Op]:
    """Booked, then all begins anew, and the state is another when the office closes it."""
    set_by_hand = {"customer_id": CUSTOMER, "job_id": install if is_of_it else None, "to_state": state}
    return [
        Op("appointments", {"id": 0, "job_id": install, "created_on": now}),
        Op("state_updates", {"id": 0, "customer_id": CUSTOMER, "to_state": "0.0", "set_at": now + MINUTE}),
        Op("state_updates", {**set_by_hand, "id": -1, "set_at": now + 2 * MINUTE}),
        job_row((install, JOB_TYPES[install]), CUSTOMER, "Completed", now + 3 * MINUTE),
    ]


def _turned(state: str, job_types: tuple[int, ...], now: datetime) -> list[Op]:
    """A lead, a state set by hand, and the job that the lead became, or two at once."""
    lead = {"id": 0, "customer_id": CUSTOMER, "status": "Converted", "created_on": now, "modified_on": now}
    return [
        Op("leads", lead),
        Op("state_updates", {"id": 0, "customer_id": CUSTOMER, "to_state": state, "set_at": now + MINUTE}),
        *(job_row((-at, each), CUSTOMER, "Scheduled", now + 2 * MINUTE) for at, each in enumerate(job_types)),
    ]


bookings = st.sampled_from([BASE, BASE + timedelta(days=1)])
either_customer = st.sampled_from([CUSTOMER] * 4 + [OTHER_CUSTOMER])

# a new sale while the old one's install is still to be closed, or called off
late_sales = record(
    "estimates",
    ("modified_on", "sold_on"),
    **{"id": st.integers(1, 2), "customer_id": customer, "created_on": maybe(bookings), "job_id": maybe(sales)},
    status=st.just({"name": "Sold"}),
)
endings = record(
    "state_updates",
    ("set_at",),
    **{"id": new, "customer_id": customer, "job_id": maybe(installs)},
    to_state=st.sampled_from(["0.0", "1.0", "6.0"]),
)
returns: st.SearchStrategy[Happening] = weighted(
    *((6, visits), (3, offers), (3, leads), (6, completions), (4, cancellations), (2, at_once)),
    *((2, late_sales), (4, endings), (1, merges)),
)

# several installs, of one project or of two houses, whose visits are moved and called off
crew_visits = record("appointments", ("created_on",), id=new, job_id=installs, start=starts, status=visit_statuses)
moves = record(
    "appointments",
    ("modified_on",),
    **{"id": st.integers(1, 3), "job_id": installs, "created_on": bookings, "start": starts, "status": visit_statuses},
    active=st.sampled_from([None, True, False]),
)
both_over = plausible(
    _over_at_once,
    st.sampled_from([(INSTALL, OTHER_INSTALL), (OTHER_INSTALL, THIRD_INSTALL)]),
    st.sampled_from([("Completed", "Completed"), ("Canceled", "Completed"), ("Completed", "Canceled")]),
)
ticks = st.sampled_from([timedelta(microseconds=tick) for tick in (-1, 0, 1)])
forgotten = plausible(_just_forgotten, pairs, st.sampled_from(["Canceled", "Completed"]), ticks)
crew_losses = plausible(canceled, typed(installs), customer, maybe(new))
undated = record("job_canceled_logs", (), id=new, job_id=installs)
crews: st.SearchStrategy[Happening] = weighted(
    *((8, crew_visits), (3, moves), (6, completions), (4, crew_losses), (2, undated), (1, at_once), (2, both_over)),
    *((3, forgotten), (2, visits), (2, offers), (1, leads), (1, merges)),
)

# people who ask for something and get something else
outcomes = st.sampled_from(["Converted"] * 5 + ["Open", "Open", None])
wishes = record("leads", id=new, customer_id=either_customer, status=outcomes)
old_wishes = record(
    "leads", ("modified_on",), id=st.integers(1, 2), customer_id=customer, created_on=bookings, status=statuses
)
calls = plausible(_called, st.sampled_from([3, 3, 3, 1, 2]), either_customer)
repairs = record(
    "estimates",
    id=new,
    customer_id=maybe(customer),
    job_id=st.just(SERVICE),
    status=st.sampled_from([{"name": "Open"}, {"name": "Sold"}]),
    subtotal=subtotals,
)
enquiries: st.SearchStrategy[Happening] = weighted(
    *((6, wishes), (2, old_wishes), (6, calls), (3, repairs), (2, visits), (1, offers)),
    *((1, completions), (1, cancellations), (2, corrections), (1, merges)),
)

# what comes when somebody has set the state by hand, so that every event meets every state
by_hand = st.sampled_from(["0.0", "1.0", "2.0", *["2.5"] * 4, "3.0", "4.0", "5.0", *["5.5"] * 3, "6.0", "6.0"])
sales_visits = record("appointments", ("created_on",), id=new, job_id=sales, start=starts)
jobs_to_close = plausible(_closed_late, installs, by_hand, st.booleans())
turned = plausible(_turned, by_hand, st.sampled_from([(3,), (3,), (3,), (1,), (3, 1), (1, 3)]))
whims = record("state_updates", ("set_at",), id=new, customer_id=customer, job_id=maybe(jobs), to_state=by_hand)
turns: st.SearchStrategy[Happening] = weighted(
    *((3, jobs_to_close), (3, turned), (4, whims), (2, sales_visits), (2, visits), (2, late_sales), (1, leads)),
    *((2, offers), (2, cancellations), (1, at_once)),
)

# visits about a sale on one job and on another, and called off
losses = plausible(canceled, typed(sales), customer, maybe(new))
talks: st.SearchStrategy[Happening] = weighted(
    *((8, sales_visits), (3, losses), (1, at_once), (1, offers), (2, leads), (2, whims), (1, late_sales), (1, merges)),
)
