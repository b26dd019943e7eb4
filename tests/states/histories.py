"""Histories of small families of customers, for Hypothesis: everything that can happen to a record, in any order.

A family owns the ids of one block, so that many of them are derived in one run without meeting each other. Families
take turns in two tenants and use the same ids there, so that they would meet if a tenant were forgotten.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.states.happenings import Happening, Op, happenings

TENANTS = (410387862, 1116148646)
BLOCK = 1000
STEPS = 4

# the gaps let the resets of 90 and 180 days meet events to the microsecond, and give ties
gaps = st.sampled_from([timedelta(days=days) for days in (0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 5, 10, 30, 90, 180)])
ticks = st.sampled_from([0] * 8 + [-1, 1]).map(lambda tick: timedelta(microseconds=tick))
BASE = datetime(2024, 1, 1, tzinfo=UTC)

Family = tuple[list[Op], ...]  # one list per step


@st.composite
def families(draw: st.DrawFn) -> Family:
    now = BASE
    steps: list[list[Op]] = [[] for _ in range(STEPS)]
    steps[0] = [Op("customers", {"id": each, "created_on": now, "modified_on": now}) for each in (1, 2)]
    told: list[tuple[timedelta, timedelta, Happening]] = draw(
        st.lists(st.tuples(gaps, ticks, happenings), min_size=10, max_size=20)
    )
    for number, (gap, tick, happening) in enumerate(told):
        now += gap
        steps[number * STEPS // len(told)] += happening(now + tick)
    return tuple(steps)


def collected(count: int, seed: int) -> list[Family]:
    """That many, all for one derivation: a run of dbt costs seconds, and as much for one family as for hundreds."""
    found: list[Family] = []

    @hypothesis.seed(seed)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate])
    @given(families())
    def collect(family: Family) -> None:
        found.append(family)

    collect()
    return found


def tenant_of(index: int) -> int:
    return TENANTS[index % len(TENANTS)]


def placed(family: Family, index: int) -> list[list[Op]]:
    """The family's steps, in its own block of ids and its tenant."""
    return [[_placed(op, index) for op in step] for step in family]


def family_of(tenant: int, identity: int) -> int:
    return identity // BLOCK * len(TENANTS) + TENANTS.index(tenant)


IDS = {"id", "customer_id", "job_id", "merged_to_id"}


def _placed(op: Op, index: int) -> Op:
    offset = index // len(TENANTS) * BLOCK
    moved: dict[str, Any] = {name: op.row[name] + offset for name in IDS & op.row.keys() if op.row[name] is not None}
    if op.table == "state_updates":
        moved["id"] = f"00000000-0000-4000-8000-{moved['id']:012}"
    return Op(op.table, {**op.row, **moved, "tenant_id": tenant_of(index)})
