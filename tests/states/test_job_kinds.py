"""The shipped rules for kinds of jobs, measured on names.

``names/*_in_use.csv`` are names of job types and business units as companies have them in ServiceTitan, with the kind
that a reader gives each. ``names/*_invented.csv`` were made up for more trades before the rules had their words: the
first words had 154 of 171 job types and 33 of 36 business units right. ``names/*_held_out.csv`` were made up when they
had: 114 of 122 and 28 of 28, before two words more.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.kinds import kind_rules
from tests.oracle.rules import Rules
from tests.states.warehouse import DerivedIn

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NAMES = Path(__file__).parent / "names"
SALES_OR_INSTALL_INSIDE = {
    "Sun Install": "install",
    "Chicago Backflow Install": "install",
    "Install Photovoltaic Array": "install",
    "Return Air Install": "install",
    "Install - Return Day 2": "install",
    "Lead Service Line Replacement": "install",
    "Window Replacement - Spring Promo": "install",
    "Replace Breaker Panel": "install",
    "Closet Door Install": "install",
    "Furnace Install - No AC": "install",
    "Service Estimate": "sales",
    "Spring Break Sale": "sales",
    "INST2": "install",
    "TGL1": "sales",
    "Lead-Free Plumbing": "other",
    "Lead Testing": "other",
    "Checkout": "other",
    "Change Outlet": "other",
    "Entire Roof": "other",
    "Residential Visit": "other",
    "New Customer Furnace": "other",
    "Best Effort": "other",
    "Maintenance Sale": "other",
    "Quoted Work": "other",
    "VirtualQuote": "sales",
    "Quote": "sales",
    "Quotes": "sales",
    "New Electrical Service Install": "install",
    "Install Recall": "other",
    "Breaker Replacement": "other",
}
TYPE_AND_UNIT = {
    ("Visit", "HVAC Sales"): "sales",
    ("Visit", "HVAC Install"): "install",
    ("Visit", "HVAC Service"): "other",
    ("Visit", "HVAC"): "other",
    ("Visit", None): "other",
    ("Cabinet Painting", "Painting Production"): "install",
    ("No Heat", "HVAC Install"): "other",
    ("Install Recall", "HVAC Install"): "other",
    ("Estimate", "HVAC Install"): "sales",
    ("Install", "HVAC Service"): "install",
    (None, None): "other",
}

Names = tuple[str | None, str | None]  # of a job's type and of its business unit
Kinds = Mapping[Names, str]


def given(file: str) -> dict[str, str]:
    with (NAMES / f"{file}.csv").open(newline="") as rows:
        return {row["name"]: row["kind"] for row in csv.DictReader(rows)}


def all_names() -> Iterator[Names]:
    for names in ("in_use", "invented", "held_out"):
        yield from ((name, None) for name in given(f"job_types_{names}"))
        yield from ((None, name) for name in given(f"business_units_{names}"))
    yield from ((name, None) for name in SALES_OR_INSTALL_INSIDE)
    yield from TYPE_AND_UNIT


JOBS = dict(enumerate(dict.fromkeys(all_names()), start=1))
RECORDS: dict[str, list[dict[str, Any]]] = {
    "job_types": [{"tenant_id": 1, "id": job, "name": name} for job, (name, _) in JOBS.items() if name],
    "business_units": [{"tenant_id": 1, "id": job, "name": name} for job, (_, name) in JOBS.items() if name],
    "jobs": [
        {
            "tenant_id": 1,
            "id": job,
            "customer_id": 1,
            "job_type_id": job if job_type else None,
            "business_unit_id": job if unit else None,
            "created_on": NOW,
        }
        for job, (job_type, unit) in JOBS.items()
    ],
}


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory, derived_in: DerivedIn) -> Kinds:
    warehouse = derived_in(tmp_path_factory.mktemp("kinds"))
    people = {
        "tenants": [{"tenant_id": 1, "tenant_name": "socal"}],
        "customers": [{"tenant_id": 1, "id": 1, "created_on": NOW}],
    }
    warehouse.load(people | RECORDS)
    warehouse.derive(NOW)
    found = warehouse.rows("select job_type_name, business_unit_name, job_kind from marts.job_kinds")
    return {(job_type, unit): job_kind for job_type, unit, job_kind in found}


def precision_and_recall(kind: str, given: Mapping[str, str], found: Mapping[str, str]) -> tuple[float, float]:
    right = sum(given[name] == found[name] == kind for name in given)
    return right / list(found.values()).count(kind), right / list(given.values()).count(kind)


@pytest.mark.parametrize("file", ["job_types_in_use", "job_types_invented"])
def test_job_types_names_tell_sales_and_installs(kinds: Kinds, file: str) -> None:
    names = given(file)
    found = {name: kinds[name, None] for name in names}
    for job_kind in ("sales", "install"):
        assert min(precision_and_recall(job_kind, names, found)) >= 0.97


def test_names_that_the_rules_were_not_made_for(kinds: Kinds) -> None:
    """Installs are missed where a name says no more than what is worked on: there the business unit decides."""
    names = given("job_types_held_out")
    found = {name: kinds[name, None] for name in names}
    missed = {"Cabinet Painting", "Interior Paint", "Hot Tub Wiring", "Roof Build", "Detach & Reset", "Crew Day"}
    assert {name for name in names if found[name] != names[name]} <= missed


@pytest.mark.parametrize("file", ["business_units_in_use", "business_units_invented", "business_units_held_out"])
def test_business_units_names_tell_what_their_jobs_are(kinds: Kinds, file: str) -> None:
    names = given(file)
    found = {name: kinds[None, name] for name in names}
    assert sum(found[name] == names[name] for name in names) / len(names) >= 0.95
    for job_kind in ("sales", "install", "other"):
        assert min(precision_and_recall(job_kind, names, found)) >= 0.95


def test_a_word_inside_another_is_no_word(kinds: Kinds) -> None:
    assert {name: kinds[name, None] for name in SALES_OR_INSTALL_INSIDE} == SALES_OR_INSTALL_INSIDE


def test_the_business_unit_decides_only_where_the_job_type_says_nothing(kinds: Kinds) -> None:
    assert {names: kinds[names] for names in TYPE_AND_UNIT} == TYPE_AND_UNIT


def test_the_oracle_reads_the_rules_as_duckdb_does(kinds: Kinds) -> None:
    rules = kind_rules(RECORDS, Rules().of(1))
    assert {JOBS[job]: rule["job_kind"] for job, rule in rules.items()} == kinds
