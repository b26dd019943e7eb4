"""dbt's unit tests: a row of the events table each, and every rule but plain `accept`."""

from datetime import UTC, datetime

from pipelines.derivation.dbt import invoke
from tests.states.warehouse import Warehouse

EVENTS = {
    "lead_created",
    "lead_converted",
    "sales_and_install_appointment_booked",
    "sales_and_install_job_canceled_and_install_job_completed",
    "estimate_created_and_estimate_sold",
    "state_set",
}
RULES = {f"what_the_rule_{rule}_does" for rule in ("ignore", "new_job", "another_job", "this_round", "each_job")}


def test_dbt_unit_tests_pass(warehouse: Warehouse) -> None:
    warehouse.derive(datetime(2026, 6, 1, tzinfo=UTC))
    done = invoke("test", "--select", "test_type:unit", warehouse=warehouse.path, work_dir=warehouse.work_dir)
    said = {one.node.name: one.message for one in done.results}
    assert {
        one.node.name: said[one.node.name] for one in done.results if str(one.status) not in ("pass", "success")
    } == {}
    assert said.keys() >= EVENTS | RULES
