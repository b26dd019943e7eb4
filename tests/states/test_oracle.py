"""dbt beside the oracle, over histories that Hypothesis makes; see `histories.collected`."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.oracle.derivation import Log
from tests.states.asides import Asides
from tests.states.comparison import (
    ANSWERS,
    BASELINES,
    DETAILS,
    LOG,
    assert_same,
    expected,
    expected_details,
    expected_log,
    facts,
)
from tests.states.histories import STEPS, TENANTS, collected
from tests.states.ledger import Ledger, comings, renamed_job_types, syncs
from tests.states.own_rules import OWN_RULES, write_own_rules
from tests.states.steps import day, step_of
from tests.states.warehouse import Warehouse

HISTORIES = 300
MANY = 1000
MOMENTS = [day(days) for days in (20, 90, 200, 400, 700)]


def test_dbt_derives_what_the_oracle_derives(warehouse: Warehouse) -> None:
    assert_derived_as_is_right(warehouse, HISTORIES, 1, day(90))


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(101, 110))
def test_it_derives_of_thousands_what_the_oracle_derives(warehouse: Warehouse, seed: int) -> None:
    assert_derived_as_is_right(warehouse, MANY, seed, MOMENTS[seed % len(MOMENTS)])


def assert_derived_as_is_right(warehouse: Warehouse, histories: int, seed: int, as_of: datetime) -> None:
    batch = collected(histories, seed)
    ledger = Ledger(op for step in range(STEPS) for op in step_of(batch, step))
    warehouse.load(ledger.all_rows())
    warehouse.derive(as_of)
    assert_same(facts(warehouse, *ANSWERS), expected(ledger.stories(as_of)))


@pytest.mark.prove
def test_it_derives_what_is_right_by_people_s_own_rules(warehouse: Warehouse, tmp_path: Path) -> None:
    batch = collected(HISTORIES, seed=6)
    asides = Asides(6)
    ledger = Ledger((op for step in range(STEPS) for op in asides.beside(step_of(batch, step))), OWN_RULES)
    warehouse.load(ledger.all_rows())
    warehouse.derive(day(400), rules_dir=write_own_rules(tmp_path))
    stories = ledger.stories(day(400))
    assert_same(facts(warehouse, *ANSWERS), expected(stories))
    assert_same(facts(warehouse, DETAILS), expected_details(ledger, stories, {}))


@pytest.mark.prove
@pytest.mark.parametrize(
    ("seed", "clocks"),
    [
        (4, [day(30), day(60), day(60), day(150), day(500)]),
        (5, [day(400), day(401), day(90), day(400), day(400)]),
    ],
)
def test_a_history_that_grows_step_by_step_is_derived_as_if_it_had_come_at_once(
    warehouse: Warehouse, seed: int, clocks: list[datetime]
) -> None:
    batch = collected(HISTORIES, seed)
    ledger, asides = Ledger(), Asides(seed)
    logs = {tenant: Log() for tenant in TENANTS}
    warehouse.load(ledger.all_rows())
    for step, as_of in enumerate(clocks):
        told = [*step_of(batch, step), *comings(step)] if step < STEPS else []
        warehouse.load(ledger.add([*asides.beside(told), *(renamed_job_types() if step == 2 else ())]))
        complete = TENANTS[:step]
        warehouse.load(syncs(complete, TENANTS[step:], step))
        warehouse.derive(as_of)
        stories, news = ledger.stories(as_of), ledger.news()
        for tenant, log in logs.items():
            log.update(stories[tenant], as_of, news[tenant], is_complete=tenant in complete)
        assert_same(facts(warehouse, *ANSWERS), expected(stories))
        assert_same(facts(warehouse, LOG, BASELINES), expected_log(logs))
        assert_same(facts(warehouse, DETAILS), expected_details(ledger, stories, logs))
