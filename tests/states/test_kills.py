"""SIGKILL while states are derived: what stood in the log stands, and the next derivation gives what is right."""

from collections.abc import Iterator
from random import Random

import pytest

from tests.forks import Run, zygote
from tests.oracle.derivation import Log
from tests.states.comparison import ANSWERS, BASELINES, LOG, assert_same, expected, expected_log, facts
from tests.states.histories import STEPS, TENANTS, collected
from tests.states.ledger import Ledger, syncs
from tests.states.steps import day, step_of
from tests.states.warehouse import Warehouse

KILLS = 8  # a step
HISTORIES = 60
NEVER = 600.0


@pytest.fixture
def derive_for(warehouse: Warehouse) -> Iterator[Run]:
    """Lets a derivation run for so many seconds, then kills it."""
    with zygote("tests.states.zygote", str(warehouse.path), str(warehouse.work_dir)) as run:
        yield run


@pytest.mark.prove
def test_derivations_killed_at_any_moment_end_in_the_same_log(warehouse: Warehouse, derive_for: Run) -> None:
    random, longest = Random(20261128), 4.0
    batch, ledger, logs = collected(HISTORIES, seed=31), Ledger(), {tenant: Log() for tenant in TENANTS}
    warehouse.load(ledger.all_rows())
    for step in range(STEPS):
        as_of = day(30 + 60 * step)
        warehouse.load(ledger.add(step_of(batch, step)) | syncs(TENANTS[:step], TENANTS[step:], step))
        for _ in range(KILLS):
            derive_for(as_of.isoformat(), random.uniform(0, longest))
        status, longest = derive_for(as_of.isoformat(), NEVER)
        assert status == 0
        stories, news = ledger.stories(as_of), ledger.news()
        for tenant, log in logs.items():
            log.update(stories[tenant], as_of, news[tenant], is_complete=tenant in TENANTS[:step])
        assert_same(facts(warehouse, *ANSWERS), expected(stories))
        assert_same(facts(warehouse, LOG, BASELINES), expected_log(logs))
