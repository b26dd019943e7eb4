"""Customers in our own copy: by number, address, job number, id, or part of the name."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import duckdb

from pipelines.analytics.customer_history import published
from pipelines.analytics.customer_index import indexed, survivors
from pipelines.operations import Connection, open_operations
from pipelines.settings import Tenant

MAX_FOUND = 200
BY_ID = """
    select servicetitan_customer_id, customer_name, current_state, current_state_name, customer_is_active
    from marts.customer_servicetitan_state
    where tenant_id = $tenant and servicetitan_customer_id in (select unnest($ids))
    order by customer_name, servicetitan_customer_id
    limit $most
"""
BY_NAME = """
    select servicetitan_customer_id
    from marts.customer_servicetitan_state
    where
        tenant_id = $tenant
        and list_bool_and([
            contains(strip_accents(lower(customer_name)), strip_accents(lower(word))) for word in $words
        ])
"""


@dataclass(frozen=True)
class Wanted:
    """All that is given must hold of a customer. ``name``: words that the name has, whole or in part."""

    customer_id: int | None = None
    phone: str | None = None
    email: str | None = None
    job: str | None = None
    name: str | None = None

    def given(self) -> Iterator[tuple[str, Any]]:
        return ((field.name, value) for field in fields(self) if (value := getattr(self, field.name)) is not None)


@dataclass(frozen=True)
class FoundInCopy:
    customer_id: int
    name: str | None
    state: float
    state_name: str
    is_active: bool


def find_in_copy(
    analytics: Path, operations: Path, tenant: Tenant, wanted: Wanted, most: int = MAX_FOUND
) -> list[FoundInCopy]:
    """In the order of their names. Raises `NotPublished`, and `OperationsError`."""
    with published(analytics) as con, open_operations(operations) as store:
        found = [_ids(con, store, tenant, kind, value) for kind, value in wanted.given()]
        ids = sorted(set.intersection(*found)) if found else []
        rows = con.execute(BY_ID, {"tenant": tenant.id, "ids": ids, "most": most}).fetchall()
    return [FoundInCopy(number, name, float(state), words, active) for number, name, state, words, active in rows]


def _ids(con: duckdb.DuckDBPyConnection, store: Connection, tenant: Tenant, kind: str, value: Any) -> set[int]:
    match kind:
        case "customer_id":
            return survivors(store, tenant.id, {value})
        case "phone" | "email" | "job":
            return indexed(store, tenant.id, kind, value, tenant.country)
        case _:
            asked = {"tenant": tenant.id, "words": value.split()}
            return {number for (number,) in con.execute(BY_NAME, asked).fetchall()}
