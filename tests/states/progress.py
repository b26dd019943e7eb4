"""What makes up a busy customer's story: few jobs, whose work is asked for, offered, sold, done and taken back."""

from datetime import datetime
from functools import partial

from hypothesis import strategies as st

from tests.states.happenings import (
    Happening,
    Op,
    canceled,
    completed,
    ends,
    job_row,
    maybe,
    plausible,
    record,
    starts,
    visit_statuses,
    weighted,
)

CUSTOMER, OTHER_CUSTOMER = 1, 2
SALE, OTHER_SALE, INSTALL, OTHER_INSTALL, THIRD_INSTALL, SERVICE = range(1, 7)
JOB_TYPES = {SALE: 1, OTHER_SALE: 1, INSTALL: 2, OTHER_INSTALL: 2, THIRD_INSTALL: 2, SERVICE: 3}

new = st.just(0)  # the family gives it a number
customer = st.just(CUSTOMER)
sales = st.sampled_from([SALE, OTHER_SALE])
installs = st.sampled_from([INSTALL, OTHER_INSTALL, THIRD_INSTALL])
jobs = st.sampled_from([SALE, SALE, OTHER_SALE, OTHER_SALE, INSTALL, INSTALL, OTHER_INSTALL, THIRD_INSTALL, SERVICE])


def known_jobs(now: datetime) -> list[Op]:
    return [job_row(job, CUSTOMER, "Scheduled", now) for job in JOB_TYPES.items()]


def typed(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int, int]]:
    return numbers.map(lambda job: (job, JOB_TYPES[job]))


def _called_off(together: tuple[int, ...], now: datetime) -> list[Op]:
    return [job_row((job, JOB_TYPES[job]), CUSTOMER, "Canceled", now) for job in together]


merges = record("customers", id=customer, merged_to_id=st.sampled_from([OTHER_CUSTOMER, None]))
leads = record("leads", id=new, customer_id=customer)
visits = record("appointments", ("created_on",), id=new, job_id=jobs, start=starts, status=visit_statuses)
offers = record(
    "estimates",
    ("created_on", "modified_on", "sold_on"),
    id=new,
    customer_id=customer,
    job_id=maybe(sales),
    status=st.sampled_from([{"name": "Open"}, {"name": "Open"}, {"name": "Sold"}]),
)
completions = plausible(completed, typed(installs), customer, ends)
cancellations = plausible(canceled, typed(jobs), customer, maybe(new))
pairs = st.sampled_from(
    [(SALE, OTHER_SALE), (INSTALL, OTHER_INSTALL), (OTHER_INSTALL, THIRD_INSTALL), (THIRD_INSTALL, INSTALL)]
)
at_once = pairs.map(lambda each: partial(_called_off, each))
# where a new job begins another round
corrections = record(
    "state_updates",
    ("set_at",),
    id=new,
    customer_id=customer,
    job_id=maybe(jobs),
    to_state=st.sampled_from(["0.0", "3.0", "5.5", "6.0", "6.0"]),
)

progress: st.SearchStrategy[Happening] = weighted(
    *((8, visits), (6, offers), (3, leads), (2, completions), (1, cancellations), (1, at_once)),
    *((3, corrections), (4, merges)),
)
