"""What is counted after a derivation, for Dagster to show over time."""

from pathlib import Path

from pipelines.derivation.row_counts import customers_per_state, row_counts
from pipelines.warehouse import open_warehouse

TABLES = """
    create schema seeds;
    create schema marts;
    create table seeds.customer_states (state decimal(2, 1), state_name varchar, tenant_id bigint);
    insert into seeds.customer_states values
        (0, 'Contact Record', null), (1, 'Lead', null), (1, 'Anfrage', 7), (2.5, 'Appointment Canceled', null),
        (6, 'Installed', 7), (6, 'Erledigt', 8);
    create table marts.customer_servicetitan_state (tenant_id bigint, current_state decimal(2, 1));
    insert into marts.customer_servicetitan_state values (7, 1), (8, 1), (8, 2.5), (8, 2.5), (7, 2.5);
"""


def test_customers_are_counted_in_every_state_that_there_is(tmp_path: Path) -> None:
    """By the name that all tenants have; a line has no gap where nobody is."""
    warehouse = tmp_path / "warehouse.duckdb"
    with open_warehouse(warehouse) as con:
        con.execute(TABLES)
    assert customers_per_state(warehouse) == {
        "0 Contact Record": 0,
        "1 Lead": 2,
        "2.5 Appointment Canceled": 3,
        "6 Installed": 0,
    }
    assert row_counts(warehouse) == {"marts.customer_servicetitan_state": 5, "seeds.customer_states": 6}
