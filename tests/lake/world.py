"""A small warehouse as a derivation leaves it, ticks on it, and what the lake has of it."""

import random
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from pipelines.analytics.lake.connection import open_lake
from pipelines.analytics.lake.place import Place
from pipelines.analytics.lake.publish import Published, publish
from pipelines.analytics.publish import Besides
from pipelines.analytics.publish import publish as publish_copy

T = TypeVar("T")
START = datetime(2026, 11, 22, tzinfo=UTC)
TABLES = """
    create schema marts; create schema intermediate; create schema servicetitan;
    create table servicetitan.jobs (id bigint);
    create table intermediate.derivation_begun (derivation_id varchar);
    create table intermediate.derivation_ended (
        as_of timestamptz, derivation_id varchar, previous_derivation_id varchar, last_change_id bigint
    );
    create table intermediate.int_customers__changed (tenant_id bigint, customer_id bigint);
    create table marts.tenants (tenant_id bigint, tenant_name varchar);
    create table marts.customer_servicetitan_state (
        tenant_id bigint, servicetitan_customer_id bigint, customer_name varchar, current_state decimal(2, 1)
    );
    create table marts.customer_events (tenant_id bigint, servicetitan_customer_id bigint, event_name varchar);
    create table marts.sales (tenant_id bigint, servicetitan_customer_id bigint, sold_subtotal decimal(38, 2));
    create table marts.leads (tenant_id bigint, servicetitan_customer_id bigint, lead_id bigint, words varchar);
    create table marts.customer_state_transitions (
        transition_id varchar, tenant_id bigint, servicetitan_customer_id bigint, to_state decimal(2, 1),
        detected_at timestamptz, retracted_at timestamptz
    );
    create view marts.customer_state_spans as
    select tenant_id, servicetitan_customer_id, count(*) as transitions from marts.customer_state_transitions
    group by all;
    create view marts.waiting_customers as
    select tenant_id, servicetitan_customer_id, customer_name from marts.customer_servicetitan_state
    where current_state = 3;
    create view marts.customers_per_state as
    select tenant_id, current_state, count(*) as customers from marts.customer_servicetitan_state group by all;
    create table marts.job_kind_behaviour (tenant_id bigint, jobs bigint);
    create table marts.transition_details (tenant_id bigint, email varchar);
"""
DELIVERIES = pa.schema(
    {"webhook_id": pa.string(), "tenant_id": pa.int64(), "servicetitan_customer_id": pa.int64(), "status": pa.string()}
)
COPIED = """
    select table_name from duckdb_tables() where database_name = 'copy' and schema_name = 'marts' order by table_name
"""
DIFFERENT = """
    select count(*) from (
        (from copy.marts.{table} except all from {schema}.{table})
        union all
        (from {schema}.{table} except all from copy.marts.{table})
    )
"""


class World:
    """Of one shard and one tenant. The same ``seed`` makes the same ticks."""

    def __init__(self, folder: Path, place: Place, customers: int = 30, seed: int = 1) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.place, self.customers = folder, place, customers
        self.warehouse, self.analytics = folder / "warehouse.duckdb", folder / "analytics.duckdb"
        self.random, self.tenant, self.ticks, self.next_id = random.Random(seed), 1000 + seed, 0, 0
        self.deliveries: dict[str, tuple[int, str]] = {}
        self._open = ExitStack()
        self._lake: duckdb.DuckDBPyConnection | None = None
        with duckdb.connect(self.warehouse) as con:
            con.execute(TABLES)
            con.execute("insert into marts.tenants values (?, ?)", [self.tenant, f"tenant {seed}"])
            for customer in range(customers):
                self._derive_anew(con, customer)
        self._ended(None)

    def tick(self, changed: int = 3, *, whole: bool = False) -> None:
        """Some customers are derived anew, or all with a column that is new; then the copy is published."""
        self.ticks += 1
        who = self.random.sample(range(self.customers), min(changed, self.customers))
        with duckdb.connect(self.warehouse) as con:
            con.execute("delete from intermediate.int_customers__changed")
            for customer in who:
                self._derive_anew(con, customer)
                con.execute("insert into intermediate.int_customers__changed values (?, ?)", [self.tenant, customer])
            self._leads_of_nobody(con)
            if changed > 1 and self.random.random() < 0.3:
                self._move_transition(con, who)
            if whole:
                con.execute(f"alter table marts.sales add column column_{self.ticks} integer default {self.ticks}")
        self._ended("" if whole else f"{self.ticks - 1}")
        self.publish_copy()

    def deliver(self) -> None:
        """Nothing is derived, and some deliveries are others."""
        for name in self.random.sample(sorted(self.deliveries), min(3, len(self.deliveries))):
            self.deliveries[name] = (self.deliveries[name][0], f"status {self._id()}")
        self.publish_copy()

    def publish_copy(self) -> None:
        rows = [
            {"webhook_id": name, "tenant_id": self.tenant, "servicetitan_customer_id": customer, "status": status}
            for name, (customer, status) in self.deliveries.items()
        ]
        reader = pa.Table.from_pylist(rows, DELIVERIES).to_reader()
        publish_copy(self.warehouse, self.analytics, f"{self._id()}", {"deliveries": Besides(reader)})

    def publish(self) -> Published:
        """In this process."""
        return self.with_lake(lambda con: publish(con, self.place.schema, self.analytics, datetime.now(UTC)))

    def with_lake(self, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        if self._lake is None:
            self._lake = self._open.enter_context(open_lake(self.place, self.folder / "spill"))
        return work(self._lake)

    def close(self) -> None:
        """The connection to the lake; the next use opens another one."""
        self._lake = None
        self._open.close()

    def differences(self) -> dict[str, int]:
        """Rows that the lake has and the copy has not, or the other way round, by table."""
        return self.with_lake(self.differences_in)

    def differences_in(self, con: duckdb.DuckDBPyConnection) -> dict[str, int]:
        con.execute(f"attach '{self.analytics}' as copy (read_only)")
        found = {}
        for (table,) in con.execute(COPIED).fetchall():
            [rows] = con.execute(DIFFERENT.format(table=table, schema=self.place.schema)).fetchone() or [0]
            if rows:
                found[table] = rows
        con.execute("detach copy")
        return found

    def _id(self) -> int:
        self.next_id += 1
        return self.next_id

    def _derive_anew(self, con: duckdb.DuckDBPyConnection, customer: int) -> None:
        me, number = [self.tenant, customer], self._id()
        for table in ("customer_servicetitan_state", "customer_events", "sales", "leads"):
            con.execute(f"delete from marts.{table} where (tenant_id, servicetitan_customer_id) = (?, ?)", me)
        state = self.random.choice([0, 1, 2, 2.5, 3, 4])
        con.execute("insert into marts.customer_servicetitan_state values (?, ?, ?, ?)", [*me, f"Ada {number}", state])
        for _ in range(self.random.randrange(4)):
            con.execute("insert into marts.customer_events values (?, ?, ?)", [*me, f"event {number}"])
        for _ in range(self.random.randrange(2)):
            con.execute(
                "insert into marts.sales by name select ? as tenant_id, ? as servicetitan_customer_id,"
                " ? as sold_subtotal",
                [*me, number],
            )
        for _ in range(self.random.randrange(2)):
            con.execute("insert into marts.leads values (?, ?, ?, ?)", [*me, self._id(), 'it\'s a "lead"'])
        con.execute(
            "insert into marts.customer_state_transitions values (?, ?, ?, ?, ?, null)",
            [f"transition {number}", *me, state, START],
        )
        self.deliveries[f"delivery {number}"] = (customer, "pending")

    def _leads_of_nobody(self, con: duckdb.DuckDBPyConnection) -> None:
        if self.random.random() < 0.5:
            con.execute("delete from marts.leads where servicetitan_customer_id is null")
        for _ in range(self.random.randrange(3)):
            con.execute("insert into marts.leads values (?, null, ?, 'nobody')", [self.tenant, self._id()])

    def _move_transition(self, con: duckdb.DuckDBPyConnection, who: list[int]) -> None:
        """One that was retracted comes back with a changed customer: the one who had it is not among them."""
        others = [customer for customer in range(self.customers) if customer not in who]
        found = con.execute(
            "select transition_id from marts.customer_state_transitions"
            " where retracted_at is not null and servicetitan_customer_id in (select unnest(?)) limit 1",
            [others],
        ).fetchone()
        if found:
            con.execute(
                "update marts.customer_state_transitions set servicetitan_customer_id = ?, retracted_at = null"
                " where transition_id = ?",
                [who[0], *found],
            )
        con.execute(
            "update marts.customer_state_transitions set retracted_at = ?"
            " where servicetitan_customer_id = ? and to_state = 0",
            [START, who[1]],
        )

    def _ended(self, previous: str | None) -> None:
        with duckdb.connect(self.warehouse) as con:
            con.execute("delete from intermediate.derivation_ended")
            con.execute("delete from intermediate.derivation_begun")
            con.execute("insert into intermediate.derivation_begun values (?)", [f"{self.ticks}"])
            con.execute(
                "insert into intermediate.derivation_ended values (?, ?, ?, 0)",
                [START + timedelta(minutes=self.ticks), f"{self.ticks}", previous or None],
            )
