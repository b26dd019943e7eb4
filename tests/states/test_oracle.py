"""dbt beside the oracle, over histories that Hypothesis makes; see `histories.collected`."""

from datetime import datetime, timedelta

import pytest

from tests.states.comparison import EVENTS, STATES, TRANSITIONS, expected, facts
from tests.states.histories import BASE, collected, placed
from tests.states.ledger import Ledger
from tests.states.warehouse import Warehouse

HISTORIES = 300


def day(number: int) -> datetime:
    return BASE + timedelta(days=number)


@pytest.mark.parametrize(("seed", "as_of"), [(1, day(400)), (2, day(90)), (3, day(20))])
def test_dbt_derives_what_the_oracle_derives(warehouse: Warehouse, seed: int, as_of: datetime) -> None:
    batch = collected(HISTORIES, seed)
    ledger = Ledger(op for index, family in enumerate(batch) for step in placed(family, index) for op in step)
    warehouse.load(ledger.all_rows())
    warehouse.derive(as_of)
    derived, right = facts(warehouse, STATES, EVENTS, TRANSITIONS), expected(ledger.stories(as_of))
    assert sorted(derived - right, key=repr)[:20] == []
    assert sorted(right - derived, key=repr)[:20] == []
