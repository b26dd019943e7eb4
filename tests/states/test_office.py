"""dbt beside the oracle, over what the stand-in office does; see `tests.simulator.office`."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import orjson
import pytest

from pipelines.servicetitan.streams import STREAM
from tests.oracle.derivation import Log
from tests.simulator.office.loads import as_rows, office_at, steps
from tests.simulator.world import START
from tests.states.comparison import ANSWERS, BASELINES, LOG, assert_same, expected, expected_log, facts
from tests.states.happenings import Op
from tests.states.histories import TENANTS
from tests.states.ledger import Ledger, syncs
from tests.states.warehouse import Warehouse

MOMENTS = [START + timedelta(days=days, hours=7) for days in (150, 180, 180.5, 240)]
FEW, MANY = 60, 5_000  # households of each of two companies


@pytest.mark.prove
@pytest.mark.parametrize("households", [FEW, MANY])
def test_an_office_is_derived_step_by_step_as_is_right_and_as_if_it_had_come_at_once(
    new_warehouse: Callable[[], Warehouse], households: int
) -> None:
    warehouse = new_warehouse()
    ledger, logs = Ledger(), {tenant: Log() for tenant in TENANTS}
    warehouse.load(ledger.all_rows())
    for step, (as_of, tables) in enumerate(zip(MOMENTS, steps(office_at(START, households), MOMENTS), strict=True)):
        warehouse.load(ledger.add(ops(as_rows(tables))))
        warehouse.load(syncs(TENANTS if step else (), () if step else TENANTS, step))
        warehouse.derive(as_of)
        stories, news = ledger.stories(as_of), ledger.news()
        for tenant, log in logs.items():
            log.update(stories[tenant], as_of, news[tenant], is_complete=step > 0)
    assert_same(facts(warehouse, *ANSWERS), expected(stories))
    assert_same(facts(warehouse, LOG, BASELINES), expected_log(logs))
    anew = new_warehouse()
    anew.load(ledger.all_rows())
    anew.derive(as_of)
    assert facts(anew, *ANSWERS) == facts(warehouse, *ANSWERS)


def ops(rows: Mapping[str, list[dict[str, Any]]]) -> Iterator[Op]:
    for table, each in rows.items():
        nested = [name for name, kind in STREAM[table].columns.items() if kind == "json"] if table in STREAM else []
        for row in each:
            parts = {name: orjson.loads(row[name]) for name in nested if row.get(name) is not None}
            yield Op(table, {name: value for name, value in row.items() if name != "record"} | parts)
