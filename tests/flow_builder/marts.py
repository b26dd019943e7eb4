"""A warehouse of a few rows, in the shape of dbt's marts and staging, for tests of the outbox."""

from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment

from pipelines.derivation.dbt import PROJECT

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
SOCAL, DFW = 410387862, 1116148646
NAMES = {
    0.0: "Contact Record",
    1.0: "Lead",
    2.0: "Sales Appointment Booked",
    2.5: "Sales Appointment Canceled",
    3.0: "Estimates Created",
    4.0: "Estimates Sold",
    5.0: "Install Job Scheduled",
    5.5: "Install Job Canceled",
    6.0: "Install Complete",
}
FLOWS = {
    1.0: "Email Followup",
    2.0: "What to Expect",
    2.5: "Sorry We missed you",
    3.0: "Unsold Estimates",
    4.0: "Scheduled the Install",
    5.0: "What to Expect install",
    5.5: "Lets reschedule",
    6.0: "Install Job Done",
}

SCHEMA = """
    set TimeZone = 'UTC';
    create schema marts;
    create schema staging;
    create schema intermediate;
    create table intermediate.derivation_ended (
        as_of timestamptz, derivation_id varchar, previous_derivation_id varchar, last_change_id bigint
    );
    create table intermediate.derivation_begun as from intermediate.derivation_ended;
    create table intermediate.int_customers__changed (tenant_id bigint, customer_id bigint);
    create table intermediate.digests (tenant_id bigint, customer_id bigint, digest hugeint);
    create table marts.tenant_baselines (tenant_id bigint, established_at timestamptz);
    create table marts.customer_state_transitions (
        transition_id varchar, tenant_id bigint, tenant_name varchar, servicetitan_customer_id bigint, job_id bigint,
        from_state decimal(2, 1), to_state decimal(2, 1), from_state_name varchar, to_state_name varchar,
        flow_name varchar, event_name varchar, event_id varchar, source_table varchar, source_id varchar,
        occurred_at timestamptz, detected_at timestamptz, retracted_at timestamptz, is_baseline boolean,
        is_reclassified boolean, position bigint
    );
    create table staging.stg_servicetitan__customers (
        tenant_id bigint, customer_id bigint, merged_to_id bigint, is_active boolean, is_do_not_mail boolean,
        is_do_not_service boolean, name varchar, type varchar
    );
    create table staging.stg_servicetitan__customer_contacts (
        tenant_id bigint, contact_id bigint, customer_id bigint, is_active boolean, type varchar, value varchar,
        modified_at timestamptz
    );
    create table staging.stg_servicetitan__appointments (
        tenant_id bigint, appointment_id bigint, job_id bigint, is_active boolean, status varchar,
        starts_at timestamptz, ends_at timestamptz, arrival_window_starts_at timestamptz,
        arrival_window_ends_at timestamptz
    );
    create view marts.customer_servicetitan_state as
    select
        customers.tenant_id,
        'socal' as tenant_name,
        cast(null as uuid) as workspace_id,
        cast(null as uuid) as contact_id,
        customers.customer_id as servicetitan_customer_id,
        customers.is_active as customer_is_active,
        coalesce(newest.to_state, 0) as current_state,
        coalesce(newest.to_state_name, 'Contact Record') as current_state_name,
        newest.transition_id as last_transition_id
    from staging.stg_servicetitan__customers as customers
    left join (
        from marts.customer_state_transitions
        where retracted_at is null
        qualify position = max(position) over (partition by tenant_id, servicetitan_customer_id)
    ) as newest
        on customers.tenant_id = newest.tenant_id and customers.customer_id = newest.servicetitan_customer_id
    where customers.merged_to_id is null;
"""
DERIVE = """
    update marts.customer_state_transitions as log
    set detected_at = coalesce(log.detected_at, ?), position = places.position
    from (
        select
            transition_id,
            case when retracted_at is null then row_number() over (
                partition by tenant_id, servicetitan_customer_id, retracted_at is null
                order by occurred_at, event_name != 'reset', event_name = 'state_set', to_state, event_id
            ) end as position
        from marts.customer_state_transitions
    ) as places
    where log.transition_id = places.transition_id
"""

# Whoever is not as at the derivation before.
DIGESTS = """
    create or replace temp table digests as
    select tenant_id, customer_id, sum(hash(columns)) as digest
    from (
        select tenant_id, customer_id, customers::varchar as columns
        from staging.stg_servicetitan__customers as customers
        union all
        select tenant_id, servicetitan_customer_id, log::varchar from marts.customer_state_transitions as log
    )
    group by all
"""
CHANGED = """
    create or replace table intermediate.int_customers__changed as
    select distinct tenant_id, customer_id from (from digests union all from intermediate.digests)
    group by tenant_id, customer_id, digest having count(*) = 1
"""
DERIVED = """
    create or replace table intermediate.digests as from digests;
    create or replace table intermediate.derivation_ended as
    select
        $as_of::timestamptz as as_of,
        uuid()::varchar as derivation_id,
        case when not $is_full then (select max(derivation_id) from intermediate.derivation_ended) end
            as previous_derivation_id,
        0::bigint as last_change_id;
    create or replace table intermediate.derivation_begun as from intermediate.derivation_ended;
"""


def transition_details() -> str:
    """The query of dbt's own model, of all customers."""
    model = PROJECT / "models/marts/delivery/transition_details.sql"
    return (
        Environment()
        .from_string(model.read_text())
        .render(
            config=lambda **_: "",
            ref=lambda name: f"{'staging' if name.startswith('stg_') else 'marts'}.{name}",
            is_full=lambda: True,
        )
    )


class Marts:
    """SOCAL, whose baseline stands, and its customer 1001; verbs add what a test is about."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        self.path = path
        self.con = duckdb.connect(path)
        self.con.execute(SCHEMA)
        self.baseline(SOCAL)
        self.customer(1001)

    def reopen(self) -> None:
        self.con = duckdb.connect(self.path)
        self.con.execute("set TimeZone = 'UTC'")

    def baseline(self, tenant_id: int) -> None:
        self.insert("marts.tenant_baselines", tenant_id=tenant_id, established_at=NOW - timedelta(days=30))

    def customer(self, customer_id: int, tenant_id: int = SOCAL, **columns: Any) -> None:
        row = {"is_active": True, "name": "Ada Lovelace", "type": "Residential"} | columns
        self.insert("staging.stg_servicetitan__customers", tenant_id=tenant_id, customer_id=customer_id, **row)

    def contact(self, contact_id: int, type: str, value: str, **columns: Any) -> None:
        row = {"tenant_id": SOCAL, "customer_id": 1001, "is_active": True, "modified_at": NOW} | columns
        self.insert("staging.stg_servicetitan__customer_contacts", contact_id=contact_id, type=type, value=value, **row)

    def appointment(self, appointment_id: int, starts_at: datetime, **columns: Any) -> None:
        row = {"tenant_id": SOCAL, "job_id": 5551, "is_active": True, "status": "Scheduled"} | columns
        row = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)} | row
        self.insert("staging.stg_servicetitan__appointments", appointment_id=appointment_id, **row)

    def enters(self, state: float, customer_id: int = 1001, tenant_id: int = SOCAL, **columns: Any) -> str:
        """The customer enters the state, detected by the next sync; returns the transition's id."""
        event_id = columns.pop("event_id", f"appointment:{customer_id}{state}:booked")
        transition_id = md5(f"{tenant_id}:{event_id}:{state:.1f}".encode()).hexdigest()
        row: dict[str, Any] = {
            "tenant_name": "socal",
            "from_state": 0.0,
            "to_state_name": NAMES[state],
            "flow_name": FLOWS.get(state),
            "event_name": "sales_appointment_booked",
            "source_table": "appointments",
            "source_id": "777",
            "job_id": 5551,
            "occurred_at": NOW,
            "detected_at": None,
            "is_baseline": False,
            "is_reclassified": False,
        } | columns
        self.insert(
            "marts.customer_state_transitions",
            transition_id=transition_id,
            tenant_id=tenant_id,
            servicetitan_customer_id=customer_id,
            event_id=event_id,
            to_state=state,
            from_state_name=NAMES[row["from_state"]],
            **row,
        )
        return transition_id

    def derive(self, as_of: datetime, is_full: bool = False) -> None:
        self.con.execute(DERIVE, [as_of])
        self.con.execute(DIGESTS)
        self.con.execute(CHANGED)
        for statement in DERIVED.split(";"):
            if statement.strip():
                named = {"as_of": as_of, "is_full": is_full} if "$" in statement else None
                self.con.execute(statement, named)
        self.con.execute(f"create or replace table marts.transition_details as {transition_details()}")

    def retract(self, transition_id: str) -> None:
        self.change(transition_id, "retracted_at", NOW)

    def bring_back(self, transition_id: str) -> None:
        self.change(transition_id, "retracted_at", None)

    def merge(self, loser: int, survivor: int) -> None:
        self.con.execute(
            "update staging.stg_servicetitan__customers set merged_to_id = ?, is_active = false where customer_id = ?",
            [survivor, loser],
        )
        self.con.execute(
            """update marts.customer_state_transitions set servicetitan_customer_id = ?
                where servicetitan_customer_id = ?""",
            [survivor, loser],
        )

    def deactivate(self, customer_id: int, is_active: bool = False) -> None:
        self.con.execute(
            "update staging.stg_servicetitan__customers set is_active = ? where customer_id = ?",
            [is_active, customer_id],
        )

    def change(self, transition_id: str, column: str, value: Any) -> None:
        self.con.execute(
            f"update marts.customer_state_transitions set {column} = ? where transition_id = ?", [value, transition_id]
        )

    def insert(self, table: str, **row: Any) -> None:
        marks = ", ".join("?" * len(row))
        self.con.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))
