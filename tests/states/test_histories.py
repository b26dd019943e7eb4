"""The histories are rich enough: every cell of the matrix and every branch of the rules is met by them."""

from collections import Counter
from collections.abc import Iterable

import pytest

from tests.states.census import branches, cells
from tests.states.histories import STEPS, TENANTS, collected
from tests.states.ledger import Ledger
from tests.states.own_rules import OWN_RULES
from tests.states.steps import day, step_of

HISTORIES = 1000
AS_OF = day(400)
VERDICTS = {"accept": ["accepted"], "ignore": ["ignored"]}
OFTEN = 8

ENDS = [*(f"canceled {when}" for when in ("before", "later")), *(f"completed {when}" for when in ("before", "later"))]
PLACES = ["the same house", "other house", "other: place unknown"]
PROJECTS = ["the same project, this house", "the same project, another house", "other project, this house"]
BRANCHES = [
    *(f"kind by {name}: other" for name in ("job_type_name", "recall_for_id", "warranty_id", "no_charge")),
    *("kind by created_from_estimate_id: sales", "kind by created_from_estimate_id: install"),
    *("kind by business_unit_name: sales", "kind by business_unit_name: install", "kind by business_unit_id: sales"),
    *(f"estimate on another job: {size}" for size in ("enough", "less", "unknown")),
    *(f"lead: {what}" for what in ("converted", "another is open", "became sales", "became install", "no later job")),
    *("lead: two jobs at once", "cancellation: counts", "cancellation: hidden"),
    *(f"completion: {what}" for what in ("at its own end", "later", "said by another", "ahead")),
    *(f"completion beside {place}" for place in (*PLACES, *PROJECTS, "one booked later", "one never booked")),
    *(f"completion beside one of the same work {end}" for end in ENDS),
    *(f"completion beside one of the same work open, {when}" for when in ("later", "before")),
    *(f"cancellation beside one {end}" for end in (*ENDS, "canceled then", "booked later", "never booked")),
    *(f"cancellation beside one open, forgotten {when}" for when in ("before", "later", "at no moment")),
    "cancellation beside one open, forgotten to the microsecond",
]
TIES = ("canceled then", "completed then", "open, then", "open, at no moment")
SELDOM = [
    *(f"completion beside one of the same work {end}" for end in TIES),
    *("cancellation beside one completed then", "cancellation beside one open, forgotten then"),
    *("completion beside one of the same work canceled at no moment", "cancellation beside one canceled at no moment"),
]


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    batch = collected(HISTORIES, seed=1)
    return Ledger((op for step in range(STEPS) for op in step_of(batch, step)), OWN_RULES)


def test_every_cell_of_the_matrix_is_met_and_every_rule_that_looks_at_the_job_decides_both_ways(ledger: Ledger) -> None:
    met = cells(story for each in ledger.stories(AS_OF).values() for story in each.values())
    expected = [
        (*cell, rule, verdict)
        for cell, rule in OWN_RULES.of(TENANTS[0]).matrix.items()
        for verdict in VERDICTS.get(rule, ["accepted", "ignored"])
    ]
    assert [cell for cell in expected if not met[cell]] == []


def test_every_branch_of_the_rules_about_jobs_leads_and_estimates_is_met(ledger: Ledger) -> None:
    met = sum((branches(ledger.records(tenant), OWN_RULES.of(tenant), AS_OF) for tenant in TENANTS), Counter())
    assert too_few(met, BRANCHES, OFTEN) == []
    assert too_few(met, SELDOM, 1) == []


def too_few(met: Counter[str], names: Iterable[str], least: int) -> list[tuple[str, int]]:
    return [(name, met[name]) for name in names if met[name] < least]
