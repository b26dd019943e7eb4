"""Is there anything to derive? Answered without dbt, whose import alone takes seconds."""

from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.warehouse import open_warehouse

NEVER_DERIVED = "nothing was derived yet"
PROJECT_CHANGED = "the project has changed"
REASONS = {
    PROJECT_CHANGED: """
        select 1 from intermediate.int_derivations__ended where project_version != $project_version
    """,
    "the clock was set back": "select 1 from intermediate.int_derivations__ended where as_of > $as_of",
    "time has passed": "select 1 from intermediate.int_derivations__ended where next_due_at <= $as_of",
    "records have come": """
        select 1 from (
            (from intermediate.int_loads except from intermediate.int_loads__derived)
            union all
            (from intermediate.int_loads__derived except from intermediate.int_loads)
            union all
            from intermediate.int_loads where load_id = ''
        )
    """,
    "a tenant's history is complete": """
        select 1 from intermediate.int_tenants__complete anti join marts.tenant_baselines using (tenant_id)
    """,
}


def pending(warehouse: Path, as_of: datetime, project_version: str) -> str | None:
    """Why a derivation is needed; none where it would change nothing."""
    with open_warehouse(warehouse) as con:
        if not _is_derived(con):
            con.execute("create schema if not exists intermediate")
            return NEVER_DERIVED
        known = {"as_of": as_of, "project_version": project_version}
        for reason, query in REASONS.items():
            if con.execute(query, {name: value for name, value in known.items() if f"${name}" in query}).fetchone():
                return reason
    return None


def derived_at(warehouse: Path) -> str | None:
    """The clock, in microseconds, and the id of the derivation that the marts are of."""
    try:
        with open_warehouse(warehouse, read_only=True) as con:
            found = con.execute(
                "select epoch_us(as_of), derivation_id from intermediate.int_derivations__ended"
            ).fetchone()
    except (duckdb.CatalogException, duckdb.BinderException):  # never derived, or by an earlier version
        return None
    return f"{found[0]} {found[1]}" if found else None


def _is_derived(con: duckdb.DuckDBPyConnection) -> bool:
    found = con.execute("select 1 from information_schema.tables where table_name = 'int_derivations__ended'")
    return found.fetchone() is not None
