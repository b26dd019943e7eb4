"""What a family's jobs are, and stay: whose, in which house and project, of which type and unit, and why."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.states.happenings import BASE, Op
from tests.states.progress import INSTALL, OTHER_CUSTOMER, OTHER_INSTALL, OTHER_SALE, SALE, SERVICE, THIRD_INSTALL

Office = Mapping[int, Mapping[str, Any]]  # by job

INSTALLS = (INSTALL, OTHER_INSTALL, THIRD_INSTALL)
KNOWN = (SALE, OTHER_SALE, *INSTALLS, SERVICE)
# project and location of each install
WORKS = (
    *[((7, 7, 7), (1, 1, 1))] * 2,
    *[((None, None, None), (1, 1, 1))] * 2,
    *[((None, None, None), (1, 2, 2))] * 2,
    ((None, None, None), (None, 1, None)),
    ((7, 8, None), (1, 1, 1)),
    *[((7, 7, None), (1, 2, 2))] * 2,
)
DIFFERENCES: tuple[Office, ...] = (
    *[{}] * 8,
    {THIRD_INSTALL: {"recall_for_id": INSTALL}, OTHER_INSTALL: {"recall_for_id": 0}},
    {THIRD_INSTALL: {"warranty_id": INSTALL}, OTHER_INSTALL: {"warranty_id": 0}},
    {THIRD_INSTALL: {"no_charge": True}, OTHER_INSTALL: {"no_charge": False}},
    {SERVICE: {"created_from_estimate_id": 1}, OTHER_SALE: {"created_from_estimate_id": 2}},
    # types without a name: the unit says what they are
    {SALE: {"job_type_id": 8, "business_unit_id": 1}, INSTALL: {"job_type_id": 8, "business_unit_id": 2}},
    {OTHER_SALE: {"job_type_id": None, "business_unit_id": 3}, OTHER_INSTALL: {"job_type_id": 8}},
)


@st.composite
def offices(draw: st.DrawFn) -> Office:
    projects, locations = draw(st.sampled_from(WORKS))
    known = {job: {"created_on": BASE} for job in KNOWN} if draw(st.booleans()) else {}
    places = zip(INSTALLS, projects, locations, strict=True)
    works = {job: {"project_id": project, "location_id": location} for job, project, location in places}
    double = draw(st.sampled_from([None, None, SALE, INSTALL, OTHER_INSTALL, SERVICE]))
    others = {double: {"customer_id": OTHER_CUSTOMER}} if double else {}
    different = draw(st.sampled_from(DIFFERENCES))
    parts: tuple[Office, ...] = (known, works, others, different)
    return {job: {name: value for part in parts for name, value in part.get(job, {}).items()} for job in KNOWN}


def in_office(op: Op, office: Office) -> Op:
    return Op(op.table, {**op.row, **office.get(op.row["id"], {})}) if op.table == "jobs" else op
