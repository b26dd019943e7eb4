"""Customers in our own copy: by number, address, job number, id, or part of the name."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from pipelines.analytics.customer_index import indexed, survivors
from pipelines.analytics.published import published
from pipelines.analytics.reader import rows
from pipelines.operations import Connection, Place, open_operations
from pipelines.settings import Tenant

MAX_FOUND = 200
MAX_ID = 2**63 - 1
COLUMNS = """
    servicetitan_customer_id as customer_id,
    customer_name as name,
    current_state::double as state,
    current_state_name as state_name,
    customer_is_active as is_active
"""
FOUND = """
    select {columns} from marts.customer_servicetitan_state
    where {conditions}
    order by {order}
    limit $most offset $skip
"""
# strip_accents costs nothing where there are none: a million names in 0.1 s of CPU.
IS_CALLED = "contains(strip_accents(lower(customer_name)), strip_accents(lower(${})))"
BY_NAME = "customer_name, servicetitan_customer_id"
NEWEST_FIRST = "state_changed_at desc, servicetitan_customer_id desc"


@dataclass(frozen=True)
class Wanted:
    """All that is given must hold of a customer. ``name``: words that the name has, whole or in part. ``anything``: one
    of all these, as somebody types it into one box."""

    customer_id: int | None = None
    phone: str | None = None
    email: str | None = None
    job: str | None = None
    name: str | None = None
    anything: str | None = None

    def given(self) -> Iterator[tuple[str, Any]]:
        return ((field.name, value) for field in fields(self) if (value := getattr(self, field.name)) is not None)


@dataclass(frozen=True)
class FoundInCopy:
    customer_id: int
    name: str | None
    state: float
    state_name: str
    is_active: bool


class Listed(NamedTuple):
    """One line of a list of customers."""

    tenant_id: int
    customer_id: int
    name: str | None
    state: float
    state_name: str
    is_active: bool
    state_changed_at: datetime | None


def find_in_copy(
    analytics: Path, operations: Place, tenant: Tenant, wanted: Wanted, most: int = MAX_FOUND
) -> list[FoundInCopy]:
    """In the order of their names. Raises `NotPublished`, and `OperationsError`."""
    with published(analytics) as con, open_operations(operations) as store:
        found = Search(con, store, [tenant], wanted).found(COLUMNS, BY_NAME, most)
    return [FoundInCopy(**row) for row in found]


def customers(
    con: duckdb.DuckDBPyConnection,
    store: Connection,
    tenants: Sequence[Tenant],
    wanted: Wanted,
    *,
    state: float | None,
    most: int,
    skip: int,
) -> list[Listed]:
    """In the order of their names; where nothing is wanted, those first whose state changed last."""
    order = BY_NAME if any(wanted.given()) else NEWEST_FIRST
    columns = f"tenant_id, state_changed_at, {COLUMNS}"
    return [Listed(**row) for row in Search(con, store, tenants, wanted, state).found(columns, order, most, skip)]


class Search:
    """As one question to the marts, whose conditions come from what the index knows."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        store: Connection,
        tenants: Sequence[Tenant],
        wanted: Wanted,
        state: float | None = None,
    ) -> None:
        self.con, self.store, self.tenants = con, store, tenants
        self.values: dict[str, Any] = {}
        numbers = ", ".join(str(tenant.id) for tenant in tenants)
        self.conditions = [f"tenant_id in ({numbers})" if tenants else "false"]
        self.conditions += [self.condition(kind, value) for kind, value in wanted.given()]
        if state is not None:
            self.conditions.append("current_state = $state")
            self.values["state"] = state

    def found(self, columns: str, order: str, most: int, skip: int = 0) -> list[dict[str, Any]]:
        query = FOUND.format(columns=columns, conditions=" and ".join(self.conditions), order=order)
        return rows(self.con, query, {**self.values, "most": most, "skip": skip})

    def condition(self, kind: str, value: Any) -> str:
        match kind:
            case "customer_id":
                return self.are(lambda tenant: survivors(self.store, tenant.id, {value}))
            case "phone" | "email" | "job":
                return self.are(lambda tenant: indexed(self.store, tenant.id, kind, value, tenant.country))
            case "name":
                return self.is_called(value)
            case _:
                return self.is_anything(value.strip())

    def is_anything(self, text: str) -> str:
        kinds = ["phone", "email", "job", "name"]
        found = [self.condition(kind, text) for kind in kinds]
        if (bare := bare_number(text)) != text:
            found.append(self.condition("job", bare))
        if bare.isascii() and bare.isdigit() and int(bare) <= MAX_ID:
            found.append(self.condition("customer_id", int(bare)))
        return f"({' or '.join(found)})"

    def are(self, numbers: Callable[[Tenant], Collection[int]]) -> str:
        """Those of each tenant."""
        known = [(tenant.id, ", ".join(map(str, sorted(ids)))) for tenant in self.tenants if (ids := numbers(tenant))]
        found = [f"(tenant_id = {tenant} and servicetitan_customer_id in ({ids}))" for tenant, ids in known]
        return f"({' or '.join(found)})" if found else "false"

    def is_called(self, text: str) -> str:
        typed = text.replace(",", " ").split() or text.split()  # "Lovelace, Ada"
        words = [f"word{len(self.values) + i}" for i, _ in enumerate(typed)]
        self.values |= dict(zip(words, typed, strict=True))
        return " and ".join(IS_CALLED.format(word) for word in words) or "true"


def bare_number(text: str) -> str:
    """``31000033531`` of ``job 31000033531``, ``#31000033531`` and ``Job # 31000033531``; other text as it is."""
    found = re.fullmatch(r"(?:job|customer|id|no\.?|number)?[ :#]*([a-z]{0,3}-?\d[\w-]*)", text, re.IGNORECASE)
    return found[1] if found else text
