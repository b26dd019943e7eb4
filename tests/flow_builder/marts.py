"""A warehouse of a few rows, in the shape of dbt's marts and staging, for tests of the outbox."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
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

ADDRESS = {
    "street": "1 Main Street",
    "unit": None,
    "city": "Pasadena",
    "state": "CA",
    "zip": "91101",
    "country": "USA",
}
IDS = {
    "appointments": "appointment_id",
    "appointment_assignments": "appointment_assignment_id",
    "customer_contacts": "contact_id",
    "customers": "customer_id",
    "estimates": "estimate_id",
    "job_canceled_logs": "job_canceled_log_id",
    "jobs": "job_id",
    "leads": "lead_id",
    "locations": "location_id",
}

SCHEMA = """
    set TimeZone = 'UTC';
    create schema marts;
    create schema staging;
    create schema intermediate;
    create schema seeds;
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
    create table staging.stg_servicetitan__tenants (tenant_id bigint);
    create table staging.stg_servicetitan__customers (
        tenant_id bigint, customer_id bigint, merged_to_id bigint, is_active boolean, is_do_not_mail boolean,
        is_do_not_service boolean, name varchar, type varchar
    );
    create table staging.stg_servicetitan__customer_contacts (
        tenant_id bigint, contact_id bigint, customer_id bigint, is_active boolean, type varchar, value varchar,
        preferences json, modified_at timestamptz
    );
    create table staging.stg_servicetitan__jobs (
        tenant_id bigint, job_id bigint, customer_id bigint, job_number varchar, job_status varchar, job_type_id bigint,
        business_unit_id bigint, project_id bigint, location_id bigint, completed_at timestamptz,
        modified_at timestamptz
    );
    create table staging.stg_servicetitan__job_types (tenant_id bigint, job_type_id bigint, name varchar);
    create table staging.stg_servicetitan__business_units (tenant_id bigint, business_unit_id bigint, name varchar);
    create table staging.stg_servicetitan__appointments (
        tenant_id bigint, appointment_id bigint, job_id bigint, is_active boolean, status varchar,
        starts_at timestamptz, ends_at timestamptz, arrival_window_starts_at timestamptz,
        arrival_window_ends_at timestamptz
    );
    create table staging.stg_servicetitan__appointment_assignments (
        tenant_id bigint, appointment_assignment_id bigint, appointment_id bigint, is_active boolean,
        technician_name varchar, assigned_at timestamptz
    );
    create table staging.stg_servicetitan__job_canceled_logs (
        tenant_id bigint, job_canceled_log_id bigint, job_id bigint, reason_id bigint, is_active boolean,
        created_at timestamptz
    );
    create table staging.stg_servicetitan__job_cancel_reasons (
        tenant_id bigint, job_cancel_reason_id bigint, name varchar
    );
    create table staging.stg_servicetitan__locations (
        tenant_id bigint, location_id bigint, customer_id bigint, name varchar, address json
    );
    create table staging.stg_servicetitan__estimates (
        tenant_id bigint, estimate_id bigint, name varchar, status_name varchar, subtotal decimal(38, 9),
        sold_at timestamptz
    );
    create table staging.stg_servicetitan__leads (tenant_id bigint, lead_id bigint, status varchar);
    create table staging.stg_servicetitan__state_updates (
        tenant_id bigint, state_update_id varchar, is_flow_wanted boolean
    );
    create view marts.customer_servicetitan_state as
    select
        customers.tenant_id,
        'socal' as tenant_name,
        cast(null as uuid) as workspace_id,
        cast(null as uuid) as contact_id,
        customers.customer_id as servicetitan_customer_id,
        customers.is_active as customer_is_active,
        coalesce(newest.to_state, cast(0 as decimal(2, 1))) as current_state,
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

# The shipped seeds, of every tenant.
SEED = """
    create table seeds.{name} as
    select *, 'shipped' as origin from read_csv('{file}', header = true, nullstr = '', types = {types})
"""
SEED_TYPES = {
    "customer_states": {"state": "decimal(2, 1)", "suppressed_by": "varchar", "settle_minutes": "integer"},
    "cancel_reason_rules": {"tenant_id": "bigint", "pattern": "varchar", "priority": "integer"},
}
OF_ALL = "alter table seeds.customer_states add column tenant_id bigint"

# Whoever is not as at the derivation before.
DIGESTS = """
    create or replace temp table digests as
    select tenant_id, customer_id, sum(hash(columns)) as digest
    from (
        select tenant_id, customer_id, customers::varchar as columns
        from staging.stg_servicetitan__customers as customers
        union all
        select tenant_id, servicetitan_customer_id, log::varchar from marts.customer_state_transitions as log
        union all
        select tenant_id, servicetitan_customer_id, details::varchar from marts.transition_details as details
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
    return rendered("marts/delivery/transition_details")


@cache
def rendered(model: str) -> str:
    text = (PROJECT / f"models/{model}.sql").read_text()
    words = {"config": lambda **_: "", "ref": relation, "is_full": lambda: True, "in_slice": lambda _: "true"}
    return Environment().from_string(text).render(words)


def relation(name: str) -> str:
    schemas = {"stg": "staging", "int": "intermediate"} | dict.fromkeys(SEED_TYPES, "seeds")
    return f"{schemas.get(name, schemas.get(name[:3], 'marts'))}.{name}"


def staged(records: str) -> str:
    return f"staging.stg_servicetitan__{records}"


class Marts:
    """A tenant whose baseline stands, and its customer 1001; verbs add what a test is about."""

    def __init__(self, path: Path | str = ":memory:", tenant_id: int = SOCAL) -> None:
        self.path = path
        self.con = duckdb.connect(path)
        self.con.execute(SCHEMA)
        for name, types in SEED_TYPES.items():
            self.con.execute(SEED.format(name=name, file=PROJECT / f"seeds/{name}.csv", types=types))
        self.con.execute(OF_ALL)
        for view in ("int_tenants__states", "int_cancel_reasons"):
            self.con.execute(f"create view {relation(view)} as {rendered(f'intermediate/{view}')}")
        self.baseline(tenant_id)
        self.customer(1001, tenant_id)

    def reopen(self) -> None:
        self.con = duckdb.connect(self.path)
        self.con.execute("set TimeZone = 'UTC'")

    def baseline(self, tenant_id: int) -> None:
        self.insert("marts.tenant_baselines", tenant_id=tenant_id, established_at=NOW - timedelta(days=30))

    def customer(self, customer_id: int, tenant_id: int = SOCAL, **columns: Any) -> None:
        row = {"is_active": True, "name": "Ada Lovelace", "type": "Residential"} | columns
        self.record("customers", tenant_id=tenant_id, customer_id=customer_id, **row)

    def contact(self, contact_id: int, type: str, value: str, **columns: Any) -> None:
        row = {"tenant_id": SOCAL, "customer_id": 1001, "is_active": True, "modified_at": NOW} | columns
        self.record("customer_contacts", contact_id=contact_id, type=type, value=value, **row)

    def opts_out(self, contact_id: int) -> None:
        self.edit("customer_contacts", contact_id, preferences=json.dumps({"marketingUpdatesEnabled": False}))

    def job(self, job_id: int = 5551, **columns: Any) -> None:
        row = {"tenant_id": SOCAL, "customer_id": 1001, "job_number": f"J-{job_id}", "job_status": "Scheduled"}
        self.record("jobs", job_id=job_id, modified_at=NOW, **row | columns)

    def cancels(self, job_id: int = 5551, reason: str | None = None, at: datetime = NOW) -> None:
        """With an entry in the job's log of cancellations."""
        [[number]] = self.con.execute(f"select count(*) + 1 from {staged('job_canceled_logs')}").fetchall()
        reason_id = number if reason else None
        if reason:
            self.record("job_cancel_reasons", tenant_id=SOCAL, job_cancel_reason_id=reason_id, name=reason)
        row = {"tenant_id": SOCAL, "job_id": job_id, "reason_id": reason_id, "is_active": True, "created_at": at}
        self.record("job_canceled_logs", job_canceled_log_id=number, **row)
        self.edit("jobs", job_id, job_status="Canceled", modified_at=at)

    def completes(self, job_id: int = 5551, at: datetime = NOW) -> None:
        self.edit("jobs", job_id, job_status="Completed", completed_at=at, modified_at=at)

    def location(self, location_id: int = 9, name: str = "Home", **address: str | None) -> None:
        """A job stands there by its ``location_id``."""
        address_text = json.dumps(ADDRESS | address)
        self.record("locations", tenant_id=SOCAL, location_id=location_id, name=name, address=address_text)

    def assignment(self, assignment_id: int, appointment_id: int, technician_name: str | None, **columns: Any) -> None:
        row = {"tenant_id": SOCAL, "is_active": True, "technician_name": technician_name, "assigned_at": NOW} | columns
        self.record(
            "appointment_assignments", appointment_assignment_id=assignment_id, appointment_id=appointment_id, **row
        )

    def estimate(self, estimate_id: int = 31, **columns: Any) -> None:
        row = {"tenant_id": SOCAL, "name": "Two windows", "status_name": "Open", "subtotal": Decimal(12500)} | columns
        self.record("estimates", estimate_id=estimate_id, **row)

    def lead(self, lead_id: int = 41, status: str | None = "Open", **columns: Any) -> None:
        self.record("leads", lead_id=lead_id, status=status, **{"tenant_id": SOCAL} | columns)

    def state_update(self, update_id: str, is_flow_wanted: bool) -> None:
        self.record("state_updates", tenant_id=SOCAL, state_update_id=update_id, is_flow_wanted=is_flow_wanted)

    def edit(self, records: str, record_id: int, **columns: Any) -> None:
        """Of ``appointments`` and so on: columns as staging calls them."""
        said = ", ".join(f"{name} = ?" for name in columns)
        self.con.execute(
            f"update {staged(records)} set {said} where {IDS[records]} = ?", [*columns.values(), record_id]
        )

    def state_row(self, state: float, **columns: Any) -> None:
        """Another row of the seed customer_states."""
        said = ", ".join(f"{name} = ?" for name in columns)
        self.con.execute(f"update seeds.customer_states set {said} where state = ?", [*columns.values(), state])

    def appointment(self, appointment_id: int, starts_at: datetime, **columns: Any) -> None:
        row = {"tenant_id": SOCAL, "job_id": 5551, "is_active": True, "status": "Scheduled"} | columns
        row = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)} | row
        self.record("appointments", appointment_id=appointment_id, **row)

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
        self.con.execute(f"create or replace table marts.transition_details as {transition_details()}")
        self.con.execute(DIGESTS)
        self.con.execute(CHANGED)
        for statement in DERIVED.split(";"):
            if statement.strip():
                named = {"as_of": as_of, "is_full": is_full} if "$" in statement else None
                self.con.execute(statement, named)

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

    def record(self, records: str, **row: Any) -> None:
        self.insert(staged(records), **row)

    def insert(self, table: str, **row: Any) -> None:
        marks = ", ".join("?" * len(row))
        self.con.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))
