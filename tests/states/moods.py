"""Other moods of a family than plain progress: returns, several installs, enquiries, and states set by hand."""

from datetime import timedelta

from hypothesis import strategies as st

from tests.states.coincidences import (
    MINUTE,
    MONTH,
    TICK,
    anew,
    beside_a_visit,
    called,
    closed_late,
    over_at_once,
    turned,
)
from tests.states.happenings import (
    BASE,
    Happening,
    canceled,
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
    over_at_once,
    st.sampled_from([(INSTALL, OTHER_INSTALL), (OTHER_INSTALL, THIRD_INSTALL)]),
    st.sampled_from([("Completed", "Completed"), ("Canceled", "Completed"), ("Completed", "Canceled")]),
)
ticks = st.sampled_from([-TICK, 0 * TICK, TICK])
visits_beside = plausible(
    beside_a_visit,
    pairs,
    st.sampled_from(["Canceled", "Completed", "Completed"]),
    st.sampled_from([*(tick - MONTH for tick in (-TICK, 0 * TICK, TICK) * 2), timedelta(days=1), None]),
    st.sampled_from([{}, {}, {}, {"active": False}, {"active": None, "status": "Canceled"}, {"status": "Done"}]),
    st.sampled_from([False, False, False, False, True]),
)
bookings_anew = plausible(anew, pairs, ticks)
crew_losses = plausible(canceled, typed(installs), customer, maybe(new))
undated = record("job_canceled_logs", (), id=new, job_id=installs)
crews: st.SearchStrategy[Happening] = weighted(
    *((6, crew_visits), (2, moves), (4, completions), (3, crew_losses), (1, undated), (1, at_once), (4, both_over)),
    *((7, visits_beside), (2, bookings_anew), (2, visits), (1, offers), (1, leads), (1, merges)),
)

# what comes when somebody has set the state by hand, so that every event meets every state
by_hand = st.sampled_from(["0.0", "1.0", "2.0", *["2.5"] * 4, "3.0", "4.0", "5.0", *["5.5"] * 3, *["6.0"] * 4])
sales_visits = record("appointments", ("created_on",), id=new, job_id=sales, start=starts)
jobs_to_close = plausible(closed_late, installs, by_hand, st.booleans(), st.booleans())
rivals = st.sampled_from(
    [
        *[None] * 5,
        *({"status": status, "created_on": 1 * MINUTE} for status in ("Open", "Open", "Dismissed", None)),
        {"status": "Open", "active": False, "created_on": 1 * MINUTE},
        *({"status": "Open", "created_on": minutes * MINUTE} for minutes in (2, 3)),
    ]
)
turned_leads = plausible(
    turned,
    weighted((1, st.just("1.0")), (2, by_hand)),
    st.sampled_from([(3,), (3,), (3,), (1,), (3, 1), (1, 3)]),
    rivals,
)
whims = record("state_updates", ("set_at",), id=new, customer_id=customer, job_id=maybe(jobs), to_state=by_hand)
turns: st.SearchStrategy[Happening] = weighted(
    *((3, jobs_to_close), (3, turned_leads), (4, whims), (2, sales_visits), (2, visits), (2, late_sales), (1, leads)),
    *((3, offers), (2, cancellations), (1, at_once)),
)

# people who ask for something and get something else
outcomes = st.sampled_from(["Converted"] * 5 + ["Open", "Open", None])
wishes = record("leads", id=new, customer_id=either_customer, status=outcomes)
old_wishes = record(
    "leads", ("modified_on",), id=st.integers(1, 2), customer_id=customer, created_on=bookings, status=statuses
)
calls = plausible(called, st.sampled_from([3, 3, 3, 1, 2]), either_customer)
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
    *((3, turned_leads), (1, completions), (1, cancellations), (2, corrections), (1, merges)),
)

# visits about a sale on one job and on another, and called off
losses = plausible(canceled, typed(sales), customer, maybe(new))
talks: st.SearchStrategy[Happening] = weighted(
    *((8, sales_visits), (3, losses), (1, at_once), (1, offers), (2, leads), (2, whims), (1, late_sales), (1, merges)),
)
