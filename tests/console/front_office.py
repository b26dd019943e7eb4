"""What the console shows, of a few customers: the published copy, the index and the outbox, all real files."""

from typing import Any

import duckdb
import pytest

from pipelines.analytics.customer_index import copy_index
from pipelines.operations import open_operations, transaction
from pipelines.settings import Settings
from tests.flow_builder.line import Line, address_of
from tests.flow_builder.marts import NOW, SOCAL

ADA, BOB = 1001, 1002
COPY = """
    create schema copy.marts;
    create table copy.marts.customer_servicetitan_state as
    select
        states.*, customers.name as customer_name, null::bigint as job_id, null::decimal(2, 1) as previous_state,
        coalesce(log.occurred_at, timestamptz '2026-01-01') as state_changed_at,
        log.occurred_at + interval 90 day as reset_due_at
    from marts.customer_servicetitan_state as states
    inner join staging.stg_servicetitan__customers as customers
        on states.tenant_id = customers.tenant_id and states.servicetitan_customer_id = customers.customer_id
    left join marts.customer_state_transitions as log on states.last_transition_id = log.transition_id;
    create table copy.marts.customer_state_transitions as from marts.customer_state_transitions;
    create table copy.marts.customer_events as
    select
        tenant_id, servicetitan_customer_id, event_id, event_name, to_state, occurred_at, job_id, source_table,
        source_id, from_state, 'accept' as rule, 'accepted' as verdict, position
    from marts.customer_state_transitions where retracted_at is null and event_name != 'reset'
"""
RECORDS = """
    create schema servicetitan;
    create table servicetitan.customer_contacts as
    select {tenant} as tenant_id, id, customer_id, true as active, type, value, '1' as _dlt_load_id
    from (values (1, 1001, 'Phone', '(213) 373-4253'), (2, 1002, 'Email', 'bob@mail.example.net'))
        as given(id, customer_id, type, value);
    create table servicetitan.jobs as
    select {tenant} as tenant_id, 5551 as id, 1001 as customer_id, 'J-5551' as job_number, '1' as _dlt_load_id;
    create table servicetitan.customers as
    select {tenant} as tenant_id, 1003 as id, 1001 as merged_to_id, false as active, '1' as _dlt_load_id
"""


class Office(Line):
    """Ada Lovelace (1001, into whom 1003 was merged) and Bob Moss (1002), of SOCAL."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.data_dir, operations_url=address_of(settings))
        assert self.settings.operations == settings.operations
        self.analytics = settings.analytics
        self.marts.customer(BOB, name="Bob Moss")
        with duckdb.connect() as con:
            con.execute(RECORDS.format(tenant=SOCAL))
            copy_index(con, settings.operations, {SOCAL: "US"})

    def publish(self, *events: dict[str, Any]) -> None:
        """``events``: those that changed nothing."""
        con = self.marts.con
        draft = self.analytics.with_suffix(".tmp")
        con.execute(f"attach '{draft}' as copy")
        for statement in COPY.split(";"):
            con.execute(statement)
        for event in events:
            row = {
                "tenant_id": SOCAL,
                "servicetitan_customer_id": ADA,
                "occurred_at": NOW,
                "verdict": "ignored",
            } | event
            names = ", ".join(row)
            con.execute(
                f"insert into copy.marts.customer_events ({names}) values ({', '.join('?' * len(row))})",
                [*row.values()],
            )
        con.execute("detach copy")
        draft.replace(self.analytics)

    def run(self, statement: str, *values: Any) -> None:
        with open_operations(self.settings.operations) as con, transaction(con):
            con.execute(statement, values)

    def holds(self, count: int = 3) -> str:
        """A batch of so many customers' bookings; returns its name."""
        self.configure(flow_builder_hold_above=1)
        for number in range(count):
            self.marts.customer(2000 + number, name=f"Held {number}")
            self.marts.enters(2.0, customer_id=2000 + number)
        self.sync()
        [(batch,)] = self.ask("select distinct batch from deliveries where status = 'held'")
        return str(batch)

    def statuses(self) -> list[str]:
        return [row.status for row in self.rows()]


@pytest.fixture
def office(settings: Settings) -> Office:
    return Office(settings)
