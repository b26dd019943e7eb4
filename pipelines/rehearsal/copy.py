"""The copy of the warehouse on which a tenant's last days are lived through once more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.rehearsal.past import PASTS, Past
from pipelines.servicetitan.raw_tables import CHANGES, RAW_TABLES, TABLE
from pipelines.warehouse import open_warehouse

DERIVED = ("marts", "intermediate", "staging", "seeds")
SINCE = "rehearsal"  # the schema of what came or changed in the window, as it is in the end

STATES = """
    select servicetitan_customer_id as customer_id, current_state from marts.customer_servicetitan_state
    where tenant_id = $tenant_id
"""
MOVED = f"""
    select before.current_state::double, states.current_state::double, count(*)
    from {SINCE}.states as before
    inner join ({STATES}) as states on before.customer_id = states.customer_id
    where before.current_state != states.current_state
    group by all order by all
"""
FLOWS = "select state::double, flow_name from intermediate.int_tenants__states where tenant_id = $tenant_id"


class Copy:
    """One tenant's part of a warehouse, in a file that nobody else opens."""

    def __init__(self, path: Path, tenant_id: int) -> None:
        self.path, self.tenant_id = path, tenant_id

    def set_back(self, start: datetime) -> None:
        """To what the tenant's records were then. Nothing is derived of them yet, and no other tenant is left."""
        with self.opened() as con:
            con.execute(f"create schema {SINCE}")
            con.execute(f"create table {SINCE}.states as {STATES}", {"tenant_id": self.tenant_id})
            for schema in DERIVED:
                con.execute(f"drop schema if exists {schema} cascade")
            for table in RAW_TABLES:
                con.execute(f"delete from servicetitan.{table.name} where tenant_id != ?", [self.tenant_id])
            con.execute(f"delete from servicetitan.{CHANGES.name}")
            for past in PASTS:  # all, before any is touched: they ask about each other
                newer = f"select * from ({past.with_moments}) where {past.any_moment('{0} > $start')}"
                con.execute(f"create table {SINCE}.{past.table} as {newer}", {"start": start})
            for past in PASTS:
                self.put(con, past, f"{SINCE}.{past.table}", start)

    def go_on(self, since: datetime, at: datetime) -> None:
        """What came or changed after ``since`` and up to ``at`` comes, or changes, and stands in the change feed."""
        with self.opened() as con:
            for past in PASTS:
                touched = past.any_moment("{0} > $since and {0} <= $at")
                con.execute(
                    f"create or replace temp table touched as from {SINCE}.{past.table} where {touched}",
                    {"since": since, "at": at},
                )
                self.put(con, past, "touched", at)
                con.execute(fed(past), {"since": since})

    def put(self, con: duckdb.DuckDBPyConnection, past: Past, rows: str, at: datetime) -> None:
        """These rows as they were at that moment, those that had appeared by then."""
        con.execute(f"delete from servicetitan.{past.table} where id in (select id from {rows})")
        con.execute(
            f"""insert into servicetitan.{past.table} by name
                select {past.as_of} from {rows} where coalesce(appears_at <= $at, true)""",
            {"at": at},
        )

    def flows(self) -> dict[float, str | None]:
        """By state, as the rules have it."""
        with self.opened() as con:
            return dict(con.execute(FLOWS, {"tenant_id": self.tenant_id}).fetchall())

    def moved(self) -> list[tuple[float, float, int]]:
        """From which state to which: customers who stand elsewhere than the last sync left them."""
        with self.opened() as con:
            return con.execute(MOVED, {"tenant_id": self.tenant_id}).fetchall()

    @contextmanager
    def opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with open_warehouse(self.path) as con:
            yield con


def fed(past: Past) -> str:
    """The rows of ``touched``, as a load tells of them."""
    table, changes = TABLE[past.table], f"servicetitan.{CHANGES.name}"
    return f"""
        insert into {changes} by name
        select
            (select coalesce(max(change_id), 0) from {changes}) + row_number() over () as change_id,
            tenant_id,
            '{table.name}' as source_table,
            cast({table.id} as varchar) as source_id,
            {table.customer or "null"} as customer_id,
            {table.job or "null"} as job_id,
            {table.customer or "null"} as previous_customer_id,
            {table.job or "null"} as previous_job_id,
            coalesce(appears_at > $since, false) as is_new,
            false as is_retyped,
            _dlt_load_id
        from touched
    """
