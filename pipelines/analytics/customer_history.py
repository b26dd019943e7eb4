"""One customer: the state, why it is so, and what Flow Builder was told."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.analytics.reader import EVENTS, STATE, TRANSITIONS
from pipelines.flow_builder.outbox.queries import deliveries

NAMES = """
    select states.tenant_id, states.servicetitan_customer_id, states.customer_name
    from marts.customer_servicetitan_state as states
    inner join asked on asked.tenant_id = states.tenant_id and asked.id = states.servicetitan_customer_id
    where states.customer_name is not null
"""


class NotPublished(Exception):
    """There is no analysts' copy yet, or it cannot be read."""


def published(analytics: Path) -> duckdb.DuckDBPyConnection:
    """The analysts' copy, to be read and closed; raises `NotPublished`."""
    if not analytics.exists():
        raise NotPublished(f"{analytics} is not there: it is published by the first sync")
    try:
        return duckdb.connect(analytics, read_only=True)
    except duckdb.Error as error:
        raise NotPublished(
            f"{analytics} cannot be read: {str(error).splitlines()[0]}; close the program that has it open to write, or"
            " delete it: the next sync publishes it anew"
        ) from error


def customer(analytics: Path, operations: Path, tenant_id: int, customer_id: int) -> dict[str, Any] | None:
    """``state``, ``transitions`` and ``events`` as in the marts, ``deliveries`` as in the outbox; None if unknown."""
    with published(analytics) as con:
        con.execute("set TimeZone = 'UTC'")
        asked = {"tenant": tenant_id, "customer": customer_id}
        states = rows(con, STATE, asked)
        if not states:
            return None
        return {
            "state": states[0],
            "transitions": rows(con, TRANSITIONS, asked),
            "events": rows(con, EVENTS, asked),
            "deliveries": deliveries(operations, tenant_id=tenant_id, customer_id=customer_id),
        }


def names(analytics: Path, keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """Of those customers, by tenant and id, whose name is published."""
    if not keys:
        return {}
    try:
        with published(analytics) as con:
            con.register("asked", pa.table({"tenant_id": [one for one, _ in keys], "id": [one for _, one in keys]}))
            return {(tenant, customer): name for tenant, customer, name in con.execute(NAMES).fetchall()}
    except (NotPublished, duckdb.CatalogException):
        return {}


def rows(con: duckdb.DuckDBPyConnection, query: str, asked: dict[str, int]) -> list[dict[str, Any]]:
    result = con.execute(query, asked)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
