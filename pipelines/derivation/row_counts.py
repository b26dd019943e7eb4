"""How much there is in the tables that dbt keeps."""

from pathlib import Path

from pipelines.warehouse import open_warehouse

TABLES = """
    select schema_name, table_name from duckdb_tables()
    where schema_name in ('seeds', 'staging', 'intermediate', 'marts') order by all
"""


def row_counts(warehouse: Path) -> dict[str, int]:
    """``marts.customer_events`` -> rows; views have none."""
    with open_warehouse(warehouse, read_only=True) as con:
        tables = [f'{schema}."{name}"' for schema, name in con.execute(TABLES).fetchall()]
        counts = [f"select '{table}', count(*) from {table}" for table in tables]
        found = con.execute(" union all ".join(counts)).fetchall() if counts else []
    return {table.replace('"', ""): count for table, count in found}
