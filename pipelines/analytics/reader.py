"""Look-ups in the analysts' copy, ``analytics.duckdb``; the warehouse is never opened here."""

import threading
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]

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


class Marts:
    """Sees each newly published file.

    DuckDB holds one instance of a path per process, and with it the file that was there when it was opened: the one
    connection is closed before the path is opened again, and queries take turns.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._con: duckdb.DuckDBPyConnection | None = None
        self._version: tuple[int, int] | None = None
        self._per_state: list[Row] | None = None

    def close(self) -> None:
        with self._lock:
            self._reopen(None)

    def state(self, tenant_id: int, customer_id: int) -> Row | None:
        return next(iter(self._rows(STATE, tenant_id, customer_id)), None)

    def history(self, tenant_id: int, customer_id: int) -> list[Row]:
        return self._rows(TRANSITIONS, tenant_id, customer_id)

    def customers_per_state(self) -> list[Row]:
        """``tenant_id``, ``current_state``, ``customers``; counted once for each file that is published."""
        with self._lock:
            con = self._newest()
            if self._per_state is None:
                self._per_state = _found(con, PER_STATE)
            return self._per_state

    def states(self, tenant_id: int, customer_ids: Collection[int]) -> dict[int, Row]:
        """Of those customers that are published: name, state, whether active."""
        rows = self.rows(STATES, {"tenant": tenant_id, "customers": [*customer_ids]}) if customer_ids else []
        return {row["servicetitan_customer_id"]: row for row in rows}

    def _rows(self, query: str, tenant_id: int, customer_id: int) -> list[Row]:
        return self.rows(query, {"tenant": tenant_id, "customer": customer_id})

    def rows(self, query: str, values: Mapping[str, Any]) -> list[Row]:
        """None where nothing was published yet, or not this table."""
        with self._lock:
            return _found(self._newest(), query, values)

    def _newest(self) -> duckdb.DuckDBPyConnection | None:
        try:
            file = self._path.stat()
        except FileNotFoundError:
            return None
        if self._version != (file.st_ino, file.st_mtime_ns):
            self._reopen((file.st_ino, file.st_mtime_ns))
        return self._con

    def _reopen(self, version: tuple[int, int] | None) -> None:
        if self._con is not None:
            self._con.close()
        self._con, self._version, self._per_state = None, None, None
        if version:
            self._con = duckdb.connect(self._path, read_only=True)
            self._con.execute("set TimeZone = 'UTC'")
            self._version = version


def _found(con: duckdb.DuckDBPyConnection | None, query: str, values: Mapping[str, Any] | None = None) -> list[Row]:
    """None where nothing was published yet, or not this table."""
    if con is None:
        return []
    try:
        found = con.execute(query, values or {})
    except duckdb.CatalogException:
        return []
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, map(_plain, row), strict=True)) for row in found.fetchall()]


def _plain(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
