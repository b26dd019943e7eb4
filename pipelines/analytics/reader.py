"""Look-ups in the analysts' copy, ``analytics.duckdb``; the warehouse is never opened here."""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from pipelines.analytics.published import NotPublished, Unreadable, Version, copy_of
from pipelines.warehouse import quoted

Row = dict[str, Any]
T = TypeVar("T")

OF_CUSTOMER = "where tenant_id = $tenant and servicetitan_customer_id = $customer"
# What was retracted has a time but no position; a copy that an earlier release published has no such column.
IN_ORDER = f"union all by name select 1 as position where false) {OF_CUSTOMER} order by occurred_at, position"
STATE = f"from marts.customer_servicetitan_state {OF_CUSTOMER}"
PER_STATE = """
    select tenant_id, current_state, count(*) as customers from marts.customer_servicetitan_state
    group by all order by all
"""
STATES = """
    select servicetitan_customer_id, customer_name, current_state, current_state_name, customer_is_active
    from marts.customer_servicetitan_state
    where tenant_id = $tenant and servicetitan_customer_id in (select unnest($customers))
"""
TRANSITIONS = f"from (from marts.customer_state_transitions {IN_ORDER}"
EVENTS = f"from (from marts.customer_events {IN_ORDER}"


@contextmanager
def reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The newest copy, in an instance of DuckDB's own: for what takes longer than a look-up, so that neither waits for
    the other, nor sees the file that the other has open."""
    with duckdb.connect() as con:
        spilled = path.with_name(f"{path.name}.tmp")
        con.execute(f"set temp_directory = {quoted(spilled)}")  # else in the working directory
        con.execute(f"attach {quoted(path)} as copy (read_only)")
        con.execute("use copy")
        con.execute("set TimeZone = 'UTC'")
        yield con


class Marts:
    """Sees each newly published file, and keeps it open until it is closed."""

    def __init__(self, path: Path) -> None:
        self._copy = copy_of(path)
        self._worked_out: tuple[Version, dict[Hashable, Any]] = (0, 0), {}

    def close(self) -> None:
        self._copy.let_go()

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Raises `NotPublished`."""
        with self._copy.reading(is_kept=True) as con:
            yield con

    def version(self) -> Version:
        """Another one with each publication: what was worked out of one is right until then. Raises `NotPublished`."""
        return self._copy.version()

    def state(self, tenant_id: int, customer_id: int) -> Row | None:
        return next(iter(self._rows(STATE, tenant_id, customer_id)), None)

    def history(self, tenant_id: int, customer_id: int) -> list[Row]:
        return self._rows(TRANSITIONS, tenant_id, customer_id)

    def customers_per_state(self) -> list[Row]:
        """``tenant_id``, ``current_state``, ``customers``."""
        return self.once("per state", lambda: self.rows(PER_STATE, {}))

    def once(self, name: Hashable, work: Callable[[], T]) -> T:
        """What ``work`` comes to, worked out once for each file that is published."""
        try:
            version = self.version()
        except NotPublished:
            return work()
        if self._worked_out[0] != version:
            self._worked_out = version, {}
        _, known = self._worked_out
        if name not in known:
            known[name] = work()
        found: T = known[name]
        return found

    def states(self, tenant_id: int, customer_ids: Collection[int]) -> dict[int, Row]:
        """Of those customers that are published: name, state, whether active."""
        found = self.rows(STATES, {"tenant": tenant_id, "customers": [*customer_ids]}) if customer_ids else []
        return {row["servicetitan_customer_id"]: row for row in found}

    def _rows(self, query: str, tenant_id: int, customer_id: int) -> list[Row]:
        return self.rows(query, {"tenant": tenant_id, "customer": customer_id})

    def rows(self, query: str, values: Mapping[str, Any]) -> list[Row]:
        """None where nothing was published yet, or not this table."""
        try:
            with self.reading() as con:
                return rows(con, query, dict(values))
        except Unreadable:
            raise
        except (NotPublished, duckdb.CatalogException):
            return []


def rows(con: duckdb.DuckDBPyConnection, query: str, asked: dict[str, Any]) -> list[Row]:
    """By the names of their columns; moments are UTC."""
    found = con.execute(query, asked)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, map(_plain, row), strict=True)) for row in found.fetchall()]


def _plain(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
