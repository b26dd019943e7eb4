"""Histories of small families of customers, for Hypothesis: everything that can happen to a record, in any order.

A family owns the ids of one block, so that many of them are derived in one run without meeting each other. Families
take turns in two tenants and use the same ids there, so that they would meet if a tenant were forgotten.
"""

from datetime import timedelta
from typing import Any

import hypothesis
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.states.happenings import BASE, Happening, Op, happenings
from tests.states.moods import crews, enquiries, returns, talks, turns
from tests.states.offices import in_office, offices
from tests.states.progress import known_jobs, progress

TENANTS = (410387862, 1116148646)
BLOCK = 1000
MANY = 30  # more than happens to a family
STEPS = 4
UNLIKE = 9  # examples: of ten, Hypothesis keeps half short; after ten it varies every new one five times

# the gaps let the resets of 90 and 180 days meet events to the microsecond, and give ties
gaps = st.sampled_from([timedelta(days=days) for days in (0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 5, 10, 30, 90, 180)])
ticks = st.sampled_from([0] * 8 + [-1, 1]).map(lambda tick: timedelta(microseconds=tick))
# the steps over which what happens is spread: where little is new, or nothing, everything must hold all the same
BUSY = [(0, 1, 2, 3), (0, 1, 2, 3), (0, 1, 3), (0, 0, 0, 1, 2), (0, 0, 0, 0, 1), (0,), *[(0,) * 9 + (2,)] * 3]

TOLD_OF = [*[happenings] * 3, progress, returns, *[crews] * 4, enquiries, turns, turns, talks]

Family = tuple[list[Op], ...]  # one list per step


@st.composite
def families(draw: st.DrawFn) -> Family:
    """Either odd records, changed again and again, or much that comes to pass for one customer."""
    now, busy, told_of = BASE, draw(st.sampled_from(BUSY)), draw(st.sampled_from(TOLD_OF))
    is_odd = told_of is happenings
    office = {} if is_odd else draw(offices())
    steps: list[list[Op]] = [[] for _ in range(STEPS)]
    steps[0] = [Op("customers", {"id": each, "created_on": now, "modified_on": now}) for each in (1, 2)]
    steps[0] += [] if is_odd else [in_office(op, office) for op in known_jobs(now)]
    told: list[tuple[timedelta, timedelta, Happening]] = draw(
        st.lists(st.tuples(gaps, ticks, told_of), min_size=10, max_size=20)
    )
    for number, (gap, tick, happening) in enumerate(told):
        now += gap
        ops = happening(now + tick)
        steps[busy[number * len(busy) // len(told)]] += [_numbered(in_office(op, office), 10 + number) for op in ops]
    return tuple(steps)


def _numbered(op: Op, number: int) -> Op:
    """Records of its own, so that no event is lost to a later one: 0 is a happening's first, -1 its second."""
    numbers = {-place: place * MANY + number for place in range(3)}
    told = {name: numbers[op.row[name]] for name in ("id", "job_id") if op.row.get(name) in numbers}
    return Op(op.table, op.row | told)


def collected(count: int, seed: int) -> list[Family]:
    """That many, all for one derivation: a run of dbt costs seconds, and as much for one family as for hundreds."""
    found: list[Family] = []
    for part in range(-(-count // UNLIKE)):

        @hypothesis.seed(seed * 1000 + part)
        @settings(max_examples=UNLIKE, database=None, deadline=None, phases=[Phase.generate])
        @given(families())
        def collect(family: Family) -> None:
            found.append(family)

        collect()
    return found[:count]


def tenant_of(index: int) -> int:
    return TENANTS[index % len(TENANTS)]


def placed(family: Family, index: int) -> list[list[Op]]:
    """The family's steps, in its own block of ids and its tenant."""
    return [[_placed(op, index) for op in step] for step in family]


# no two tables share an id, lest a customer be derived anew because of another record's number
RANGES = {"customers": 0, "leads": 100, "jobs": 200, "appointments": 300, "estimates": 400, "job_canceled_logs": 500}
REFERENCES = {"customer_id": "customers", "merged_to_id": "customers", "job_id": "jobs"}


def _number(first: int, identity: int | None) -> int | None:
    """Every other one has a digit more, so that the order of numbers is not the order of their text."""
    if identity is None:
        return None
    return first + identity if identity % 2 else 10 * (first + identity) + 9


def _placed(op: Op, index: int) -> Op:
    block = index // len(TENANTS) * BLOCK
    ids = {"id": op.table, **REFERENCES}
    moved: dict[str, Any] = {
        name: _number(block + RANGES.get(ids[name], 600), op.row[name]) for name in ids.keys() & op.row.keys()
    }
    if op.table == "state_updates":
        moved["id"] = f"00000000-0000-4000-8000-{moved['id']:012}"
    return Op(op.table, {**op.row, **moved, "tenant_id": tenant_of(index)})
