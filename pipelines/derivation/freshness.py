"""Is there anything to derive, and how much? Answered without dbt, whose import alone takes seconds."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.warehouse import open_warehouse

BEGUN, ENDED = "intermediate.derivation_begun", "intermediate.derivation_ended"
CHANGED = "select tenant_id, customer_id from intermediate.int_customers__changed"
CUT_SHORT = f"from {BEGUN} anti join {ENDED} using (derivation_id)"
UNSEEN = f"servicetitan.changes where change_id > (select last_change_id from {ENDED})"


@dataclass(frozen=True)
class Need:
    """Why a derivation is needed; of all customers where ``is_full``, else of those whom a change touches."""

    reason: str
    is_full: bool


NEVER_DERIVED = Need("nothing was derived yet", is_full=True)
PROJECT_CHANGED = Need("the project has changed", is_full=True)
RULES_CHANGED = Need("RULES_DIR has changed", is_full=True)
NEEDS = {
    PROJECT_CHANGED: f"select 1 from {ENDED} where project_version != $project_version",
    RULES_CHANGED: f"select 1 from {ENDED} where rules_version is distinct from $rules_version",
    Need("the last derivation was cut short", is_full=True): CUT_SHORT,
    Need("the clock was set back", is_full=True): f"select 1 from {ENDED} where as_of > $as_of",
    Need("a tenant's configuration has changed", is_full=True): f"select 1 from {UNSEEN} and source_table = 'tenants'",
    Need("time has passed", is_full=False): f"select 1 from {ENDED} where next_due_at <= $as_of",
    Need("records have come", is_full=False): "select 1 from intermediate.int_changes",
    Need("a tenant's history is complete", is_full=False): """
        select 1 from intermediate.int_tenants__complete anti join marts.tenant_baselines using (tenant_id)
    """,
}


@dataclass(frozen=True)
class LastDerivation:
    """The newest that came to its end. ``previous_id``: the one that it went on from; none where it was full."""

    as_of: datetime
    id: str
    previous_id: str | None
    last_change_id: int


def pending(warehouse: Path, as_of: datetime, project_version: str, rules_version: str) -> Need | None:
    """None where a derivation would change nothing."""
    with open_warehouse(warehouse) as con:
        if read_last_derivation(con) is None:
            con.execute("create schema if not exists intermediate")
            return NEVER_DERIVED
        known = {"as_of": as_of, "project_version": project_version, "rules_version": rules_version}
        for need, query in NEEDS.items():
            if con.execute(query, {name: value for name, value in known.items() if f"${name}" in query}).fetchone():
                return need
    return None


def last_derivation(warehouse: Path) -> LastDerivation | None:
    with open_warehouse(warehouse, read_only=True) as con:
        return read_last_derivation(con)


def read_last_derivation(con: duckdb.DuckDBPyConnection) -> LastDerivation | None:
    """None where nothing was derived, or by an earlier version only."""
    try:
        found = con.execute(
            f"select as_of, derivation_id, previous_derivation_id, last_change_id from {ENDED}"
        ).fetchone()
    except (duckdb.CatalogException, duckdb.BinderException):
        return None
    return LastDerivation(*found) if found else None


def read_whole_derivation(con: duckdb.DuckDBPyConnection) -> LastDerivation | None:
    """None also where another one was begun after it and cut short: what that left is of neither."""
    last = read_last_derivation(con)
    return None if last is None or con.execute(CUT_SHORT).fetchone() else last


def read_changed(con: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    """Tenant and customer of all that the newest derivation derived anew, with those that became another customer."""
    return con.execute(CHANGED).fetchall()
