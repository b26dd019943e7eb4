"""How much there is in the tables that dbt keeps."""

from pathlib import Path

from pipelines.warehouse import open_warehouse

TABLES = """
    select schema_name, table_name from duckdb_tables()
    where schema_name in ('seeds', 'staging', 'intermediate', 'marts') order by all
"""
STATES = """
    select
        states.state::double as state,
        coalesce(max(states.state_name) filter (where states.tenant_id is null), max(states.state_name)) as name,
        (
            select count(*) from marts.customer_servicetitan_state as customers
            where customers.current_state = states.state
        ) as customers,
    from seeds.customer_states as states
    group by states.state
    order by states.state
"""


def row_counts(warehouse: Path) -> dict[str, int]:
    """``marts.customer_events`` -> rows; views have none."""
    with open_warehouse(warehouse, read_only=True) as con:
        tables = [f'{schema}."{name}"' for schema, name in con.execute(TABLES).fetchall()]
        counts = [f"select '{table}', count(*) from {table}" for table in tables]
        found = con.execute(" union all ".join(counts)).fetchall() if counts else []
    return {table.replace('"', ""): count for table, count in found}


def customers_per_state(warehouse: Path) -> dict[str, int]:
    """``2.5 Sales Appointment Canceled`` -> customers of all tenants, for each state that there is."""
    with open_warehouse(warehouse, read_only=True) as con:
        return {f"{state:g} {name}": customers for state, name, customers in con.execute(STATES).fetchall()}
