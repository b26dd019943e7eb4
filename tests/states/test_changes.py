"""The change feed, and dbt run by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.derivation.dbt import DbtError, invoke
from pipelines.derivation.freshness import last_derivation
from pipelines.servicetitan.load.changes import forget_changes
from tests.states.warehouse import Warehouse

TENANT = 1
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
FEED = """
    select source_table, source_id, customer_id, previous_customer_id, job_id, previous_job_id
    from servicetitan.changes order by change_id
"""
STATES = "select servicetitan_customer_id, current_state::double from marts.customer_servicetitan_state order by 1"


@pytest.fixture
def derived(warehouse: Warehouse) -> Warehouse:
    """Customers 11 and 12, each with a lead."""
    people = [row(one) for one in (11, 12)]
    warehouse.load({"tenants": [{"tenant_id": TENANT}], "customers": people})
    warehouse.load({"leads": [row(21, customer_id=11), row(22, customer_id=12)]})
    warehouse.derive(NOW)
    return warehouse


def row(identity: int, **fields: object) -> dict[str, object]:
    return {"tenant_id": TENANT, "id": identity, "created_on": NOW, "modified_on": NOW, **fields}


def by_hand(warehouse: Warehouse, *arguments: str, at: datetime = NOW) -> set[str]:
    variables = f"{{as_of: '{at:%Y-%m-%dT%H:%M:%S.%fZ}'}}"
    done = invoke(*arguments, "--vars", variables, warehouse=warehouse.path, work_dir=warehouse.work_dir)
    return {str(one.status) for one in done.results} - {"no-op"}  # an exposure


def test_a_load_tells_whose_its_records_are_and_whose_they_were(warehouse: Warehouse) -> None:
    warehouse.load({"leads": [row(21, customer_id=11), row(22)], "jobs": [row(31, customer_id=11)]})
    warehouse.load({"leads": [row(21, customer_id=11)], "job_types": [row(3)]})
    warehouse.load({"leads": [row(21, customer_id=12)], "customers": [row(11, merged_to_id=12)]})
    warehouse.load({"customers": [row(11)], "state_updates": [{"tenant_id": TENANT, "id": "a", "customer_id": 12}]})
    assert warehouse.rows(FEED) == [
        ("leads", "21", 11, None, None, None),
        ("leads", "22", None, None, None, None),
        ("jobs", "31", 11, None, 31, None),
        ("job_types", "3", None, None, None, None),
        ("leads", "21", 12, 11, None, None),
        ("customers", "11", 12, None, None, None),
        ("customers", "11", None, 12, None, None),
        ("state_updates", "a", 12, None, None, None),
    ]


def test_what_a_derivation_has_seen_is_forgotten_and_the_next_load_counts_on(derived: Warehouse) -> None:
    last = last_derivation(derived.path)
    assert last
    forget_changes(derived.path, last.last_change_id)
    assert len(derived.rows(FEED)) == 1
    derived.load({"leads": [row(23, customer_id=12)]})
    assert derived.rows("select max(change_id) from servicetitan.changes") == [(last.last_change_id + 1,)]
    assert derived.derive(NOW + timedelta(minutes=1)).reason == "records have come"


@pytest.mark.prove
def test_a_row_deleted_by_hand_is_noticed_by_a_full_derivation(derived: Warehouse) -> None:
    derived.execute("delete from servicetitan.leads where id = 22")
    assert derived.derive(NOW).reason is None
    assert by_hand(derived, "build", "--full-refresh") == {"success", "pass"}
    assert derived.rows(STATES) == [(11, 1.0), (12, 0.0)]
    assert derived.rows("select count(*) from marts.customer_state_transitions where retracted_at = detected_at") == [
        (1,)
    ]


@pytest.mark.prove
def test_dbt_build_by_hand_goes_on_from_what_was_derived(derived: Warehouse) -> None:
    derived.load({"customers": [row(13)], "leads": [row(23, customer_id=13)]})
    assert by_hand(derived, "build", at=NOW + timedelta(hours=1)) == {"success", "pass"}
    assert derived.rows(STATES) == [(11, 1.0), (12, 1.0), (13, 1.0)]
    assert derived.derive(NOW + timedelta(hours=2)).reason == "the project has changed", (
        "by hand nobody says which it is"
    )


def test_some_models_by_hand_are_no_derivation(derived: Warehouse) -> None:
    begun = "from intermediate.derivation_begun"
    before = derived.rows(begun)
    assert by_hand(derived, "run", "--select", "int_customers__changed+") == {"success"}
    assert derived.rows(begun) == before
    assert derived.derive(NOW).reason is None


def test_after_a_derivation_that_was_cut_short_only_a_full_one_is_made(derived: Warehouse) -> None:
    derived.execute("update intermediate.derivation_begun set derivation_id = 'killed'")
    with pytest.raises(DbtError, match="did not come to its end: run dbt with --full-refresh"):
        by_hand(derived, "run")
    assert derived.derive(NOW).reason == "the last derivation was cut short"
    assert derived.derive(NOW).reason is None
    assert derived.rows(STATES) == [(11, 1.0), (12, 1.0)]
