"""What must not matter, and what must hold, over histories that Hypothesis makes."""

import random
from pathlib import Path

import pytest

from pipelines.derivation.dbt import invoke
from tests.states.histories import STEPS, collected
from tests.states.ledger import STREAMS, Ledger
from tests.states.steps import day, step_of
from tests.states.warehouse import Warehouse

HISTORIES = 200
AS_OF = day(400)
LISTS = ", ".join(f"{name}::varchar as {name}" for name in ("emails", "phones", "visits"))
MARTS = {
    "customer_servicetitan_state": "*",
    "customer_events": "*",
    "customer_state_transitions": "* exclude (detected_at, retracted_at, is_baseline, is_reclassified)",
    "customer_state_spans": "*",
    "transition_details": f"* exclude (detected_at) replace ({LISTS})",
}
OF_LATER_VERSIONS = (
    ("intermediate.derivation_ended", "next_due_at"),
    ("intermediate.int_customer_events", "position"),
    ("marts.customer_state_transitions", "position"),
    ("marts.customer_state_transitions", "is_reclassified"),
)


def marts(warehouse: Warehouse) -> dict[str, set[tuple[object, ...]]]:
    """All that a derivation must make the same, however it came about."""
    standing = {"customer_state_transitions": "where retracted_at is null"}
    return {
        mart: set(warehouse.rows(f"select {columns} from marts.{mart} {standing.get(mart, '')}"))
        for mart, columns in MARTS.items()
    }


def log(warehouse: Warehouse) -> set[tuple[object, ...]]:
    return set(warehouse.rows("from marts.customer_state_transitions"))


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    batch = collected(HISTORIES, seed=11)
    return Ledger(op for step in range(STEPS) for op in step_of(batch, step))


@pytest.fixture(scope="module")
def at_once(ledger: Ledger, work_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Everything in one load and one derivation; every test leaves it as it was."""
    warehouse = Warehouse(tmp_path_factory.mktemp("at_once") / "warehouse.duckdb", work_dir)
    warehouse.load(ledger.all_rows())
    warehouse.derive(AS_OF)
    return warehouse


@pytest.mark.prove
def test_the_order_of_arrival_and_the_number_of_batches_change_nothing(
    warehouse: Warehouse, ledger: Ledger, at_once: Warehouse
) -> None:
    pieces = [(table, row) for table, rows in ledger.all_rows().items() for row in rows]
    random.Random(1).shuffle(pieces)
    for batch in (pieces[::3], pieces[1::3], pieces[2::3]):
        warehouse.load({table: [row for of, row in batch if of == table] for table, _ in batch})
        warehouse.derive(AS_OF)
    assert marts(warehouse) == marts(at_once)


@pytest.mark.prove
def test_a_repeated_row_changes_nothing(ledger: Ledger, at_once: Warehouse) -> None:
    before, log_before = marts(at_once), log(at_once)
    again = {table: rows[::2] for table, rows in ledger.all_rows().items()}
    at_once.load(again)
    assert at_once.derive(AS_OF).reason is None
    at_once.load(
        {table: [{**row, "record": "{}"} for row in rows] for table, rows in again.items() if table in STREAMS}
    )
    assert at_once.derive(AS_OF).reason == "records have come"
    assert (marts(at_once), log(at_once)) == (before, log_before)


def test_a_second_derivation_changes_nothing_and_starts_no_dbt(at_once: Warehouse) -> None:
    before, log_before = marts(at_once), log(at_once)
    assert at_once.derive(AS_OF).reason is None
    assert (marts(at_once), log(at_once)) == (before, log_before)


@pytest.mark.prove
def test_a_derivation_of_everything_keeps_what_was_detected(at_once: Warehouse) -> None:
    at_once.derive(day(700))
    at_once.derive(AS_OF)
    before, log_before = marts(at_once), log(at_once)
    assert (None,) in at_once.rows("select position from marts.customer_state_transitions"), "some are retracted"
    at_once.execute("update intermediate.derivation_ended set project_version = 'another'")
    for table, column in OF_LATER_VERSIONS:
        at_once.execute(f"alter table {table} drop column {column}")
    assert at_once.derive(AS_OF).reason == "the project has changed"
    assert (marts(at_once), log(at_once)) == (before, log_before)


@pytest.mark.prove
@pytest.mark.parametrize("customers_at_once", [1_000_000, 20])
def test_a_full_refresh_by_hand_keeps_what_was_detected(at_once: Warehouse, customers_at_once: int) -> None:
    before, log_before = marts(at_once), log(at_once)
    variables = f"{{as_of: '{AS_OF:%Y-%m-%dT%H:%M:%S.%fZ}', customers_at_once: {customers_at_once}}}"
    done = invoke("run", "--full-refresh", "--vars", variables, warehouse=at_once.path, work_dir=at_once.work_dir)
    assert {str(node.status) for node in done.results} == {"success"}
    assert (marts(at_once), log(at_once)) == (before, log_before)


@pytest.mark.prove
def test_a_clock_that_is_set_back_gives_what_it_gave_before(at_once: Warehouse) -> None:
    before = marts(at_once)
    at_once.derive(day(700))
    assert marts(at_once) != before
    assert at_once.derive(AS_OF).reason == "the clock was set back"
    assert marts(at_once) == before
