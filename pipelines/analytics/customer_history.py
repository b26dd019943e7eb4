"""One customer: the state, why it is so, and what Flow Builder was told."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.analytics.published import NotPublished, published
from pipelines.analytics.reader import EVENTS, STATE, TRANSITIONS, rows
from pipelines.flow_builder.outbox.queries import deliveries
from pipelines.operations import Place

NAMES = """
    select states.tenant_id, states.servicetitan_customer_id, states.customer_name
    from marts.customer_servicetitan_state as states
    inner join asked on asked.tenant_id = states.tenant_id and asked.id = states.servicetitan_customer_id
    where states.customer_name is not null
"""


def customer(analytics: Path, operations: Place, tenant_id: int, customer_id: int) -> dict[str, Any] | None:
    """``state``, ``transitions`` and ``events`` as in the marts, ``deliveries`` as in the outbox; None if unknown."""
    with published(analytics) as con:
        found = history(con, tenant_id, customer_id)
    return found and found | {"deliveries": deliveries(operations, tenant_id=tenant_id, customer_id=customer_id)}


def history(con: duckdb.DuckDBPyConnection, tenant_id: int, customer_id: int) -> dict[str, Any] | None:
    """As `customer`, without the deliveries."""
    asked = {"tenant": tenant_id, "customer": customer_id}
    states = rows(con, STATE, asked)
    if not states:
        return None
    return {"state": states[0], "transitions": rows(con, TRANSITIONS, asked), "events": rows(con, EVENTS, asked)}


def names(analytics: Path, keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """Of those customers, by tenant and id, whose name is published."""
    if not keys:
        return {}
    try:
        with published(analytics) as con:
            return names_in(con, keys)
    except NotPublished:
        return {}


def names_in(con: duckdb.DuckDBPyConnection, keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], str]:
    con.register("asked", pa.table({"tenant_id": [one for one, _ in keys], "id": [one for _, one in keys]}))
    try:
        return {(tenant, customer): name for tenant, customer, name in con.execute(NAMES).fetchall()}
    except duckdb.CatalogException:
        return {}
