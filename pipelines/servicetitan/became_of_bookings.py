"""What became of bookings, as far as jobs and leads name them: bookings themselves are not read."""

from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb

from pipelines.warehouse import open_warehouse

NAMED = """
    select booking_id from servicetitan.jobs where tenant_id = $tenant and list_contains($bookings, booking_id)
    union
    select booking_id from servicetitan.leads where tenant_id = $tenant and list_contains($bookings, booking_id)
"""


def became_nothing(warehouse: Path, bookings: Mapping[int, Collection[int]]) -> dict[int, int]:
    """Tenant -> how many of its bookings no job and no lead names; where nothing was loaded yet, all."""
    with open_warehouse(warehouse, read_only=True) as con:
        return {tenant: len(set(each) - _named(con, tenant, each)) for tenant, each in bookings.items()}


def _named(con: duckdb.DuckDBPyConnection, tenant_id: int, bookings: Collection[int]) -> set[int]:
    try:
        found = con.execute(NAMED, {"tenant": tenant_id, "bookings": sorted(bookings)}).fetchall()
    except duckdb.CatalogException:
        return set()
    return {booking for (booking,) in found}
