"""Whose history is complete, so that from then on what is new of them is told."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.warehouse import open_warehouse

TENANTS = "select tenant_id from marts.tenant_baselines"
TAKEN = f"""
    with taken as (
        select tenant_id from ({TENANTS}) where not list_contains($known, tenant_id)
    ),

    states as (
        select tenant_id, count(*) as customers from marts.customer_servicetitan_state group by tenant_id
    ),

    history as (
        select tenant_id, count(*) as transitions from marts.customer_state_transitions
        where is_baseline and retracted_at is null group by tenant_id
    )

    select
        coalesce(tenants.tenant_name, cast(taken.tenant_id as varchar)) as tenant_name,
        coalesce(states.customers, 0),
        coalesce(history.transitions, 0)
    from taken
    left join servicetitan.tenants as tenants on taken.tenant_id = tenants.tenant_id
    left join states on taken.tenant_id = states.tenant_id
    left join history on taken.tenant_id = history.tenant_id
    order by tenant_name
"""


@dataclass(frozen=True)
class Baseline:
    """Of one tenant, when it is taken."""

    tenant_name: str
    customers: int
    transitions: int

    def __str__(self) -> str:
        return (
            f"{self.tenant_name}: baseline taken: {self.customers:,} customers, {self.transitions:,} transitions are"
            " history and are not mailed"
        )


def tenants_with_baseline(warehouse: Path) -> frozenset[int]:
    if not warehouse.exists():
        return frozenset()
    try:
        with open_warehouse(warehouse, read_only=True) as con:
            return frozenset(tenant_id for (tenant_id,) in con.execute(TENANTS).fetchall())
    except duckdb.CatalogException:  # never derived
        return frozenset()


def taken_since(warehouse: Path, known: frozenset[int]) -> list[Baseline]:
    """Of the tenants that have one and are not among the known; after a derivation."""
    with open_warehouse(warehouse, read_only=True) as con:
        return [Baseline(*row) for row in con.execute(TAKEN, {"known": sorted(known)}).fetchall()]
