"""What the console's bench looks at: a published copy, a store and rules of twenty tenants, half of whose customers are
the first one's."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import orjson
import yaml  # type: ignore[import-untyped]

from pipelines.analytics.customer_index import value_hash
from pipelines.derivation.dbt import PROJECT
from pipelines.flow_builder.outbox.queries import FOR_ANALYSTS, table
from pipelines.flow_builder.rehearsal import Mail
from pipelines.operations import open_operations, stamp, transaction
from pipelines.rehearsal.result import Rehearsal
from pipelines.rehearsal.store import keep
from tests.simulator.catalogue import HEATING_AND_AIR
from tests.simulator.world import SOCAL, Profile

TENANTS = (SOCAL, *(Profile(900_000_001 + k, f"town{k:02}", 7_000_001, HEATING_AND_AIR) for k in range(1, 20)))
LEADS, DECISIONS, MAILS = 100_000, 100_000, 20_000
JOB_TYPES, UNITS, REASONS = 500, 4, 200  # of each tenant; a type is in each unit
SALT = b"salt of the bench"

# Entered between three years ago and now, the tenants' in turn; each second is a lead with an estimate after it. Rows
# are in no order, as derivations leave them.
MARTS = """
    create temp table given as
    with numbered as (
        select
            i as n, least(i // ($customers // 2), 1) * (1 + i % 19) as tenant,
            case when i < $customers // 2 then i else (i - $customers // 2) // 19 end as place,
            case when i < $customers // 2 then $customers // 2 else 1 + ($customers // 2) // 19 end as size
        from range($customers) as numbers(i)
    )
    select
        n, $tenants[1 + tenant] as tenant_id, $names[1 + tenant] as tenant_name, 100000 + place as customer_id,
        case when place % 2 = 0 then 3.0 else 2.0 end::decimal(2, 1) as state,
        $now::timestamptz - to_seconds((size - place) * (94608000 // size)) as entered_at
    from numbered order by hash(n);
    insert into marts.customer_servicetitan_state by name
    select
        uuid() as id, tenant_id, tenant_name, customer_id as servicetitan_customer_id,
        ['Ada', 'Bob', 'Cleo', 'Dana', 'Ewa', 'Finn'][1 + n % 6] || ' ' || md5(n::varchar)[:8] || ' Moss'
            as customer_name,
        true as customer_is_active, state as current_state,
        case when state = 3 then 'Estimates Created' else 'Sales Appointment Booked' end as current_state_name,
        entered_at as state_changed_at, entered_at + interval 90 day as reset_due_at, entered_at as created_at,
        entered_at as updated_at
    from given;
    insert into marts.customer_state_transitions by name
    select
        md5('t' || n || to_state) as transition_id, tenant_id, tenant_name, customer_id as servicetitan_customer_id,
        from_state, to_state, 'before' as from_state_name, 'after' as to_state_name, 'What to Expect' as flow_name,
        'estimate_created' as event_name, 'estimate:' || n || ':' || to_state as event_id,
        'estimates' as source_table, n::varchar as source_id, entered_at as occurred_at, entered_at as detected_at,
        false as is_baseline, false as is_reclassified,
        row_number() over (partition by tenant_id, customer_id order by to_state) as position
    from given, (values (0.0, 2.0), (2.0, 3.0)) as steps(from_state, to_state)
    where to_state <= state;
    insert into marts.customer_events by name
    select
        tenant_id, tenant_name, servicetitan_customer_id, event_id, event_name, to_state, occurred_at, source_table,
        source_id, from_state, 'accept' as rule, 'accepted' as verdict, position
    from marts.customer_state_transitions;
    insert into marts.customer_state_spans by name
    select
        tenant_id, tenant_name, servicetitan_customer_id, from_state as previous_state, to_state as state,
        'after' as state_name, occurred_at as entered_at
    from marts.customer_state_transitions;
    create temp table tenants as select unnest($tenants) as tenant_id, unnest($names) as tenant_name;
    create temp table states as select unnest([0, 1, 2, 2.5, 3, 4, 4.5, 5, 6])::decimal(2, 1) as state;
    insert into marts.tenants by name from tenants;
    insert into marts.states by name
    select
        tenant_id, tenant_name, state, 'State ' || state as state_name,
        case when state > 0 then 'Flow ' || state end as flow_name
    from tenants, states;
    insert into marts.waiting_customers by name
    select
        tenant_id, tenant_name, state, 'State ' || state as state_name, 1000 as customers, 100 as up_to_a_week,
        200 as up_to_30_days, 300 as up_to_90_days, 400 as longer
    from tenants, states where state > 0;
    insert into marts.state_conversions by name
    select
        tenant_id, tenant_name, one.state, 'State ' || one.state as state_name, other.state as next_state,
        'State ' || other.state as next_state_name, 'converted' as outcome, 500 as stays, 12.5 as average_days
    from tenants, states as one, states as other where one.state > 0;
    insert into marts.weekly_sales by name
    select
        tenant_id, tenant_name, ($now::date - (7 * week)::integer)::date as week, state,
        'State ' || state as state_name,
        'Flow ' || state as flow_name, 12 as sales, 98000.5 as sold_subtotal
    from tenants, states, range(156) as weeks(week) where state > 0;
    insert into marts.job_kind_behaviour by name
    select
        tenant_id, tenant_name, 5000 + i as job_type_id, 'Roof type ' || i as job_type_name,
        90 + unit as business_unit_id, 'Unit ' || unit as business_unit_name,
        case i % 3 when 0 then 'sales' when 1 then 'install' else 'other' end as job_kind,
        'job_type_name' as match_field, 'roof' as pattern, 20 as priority, 'shipped' as origin, i % 5 > 0 as is_known,
        case i % 4 when 0 then 'sales' when 1 then 'install' end as kind_by_behaviour,
        kind_by_behaviour as type_kind_by_behaviour, coalesce(job_kind != kind_by_behaviour, false) as is_disagreement,
        40 as jobs, 1 as recall_jobs, 2 as warranty_jobs, 0.1 as share_from_estimate, 0.2 as share_after_sale,
        0.5 as share_with_estimates, 0.25 as share_that_became_another, 0.0 as share_free
    from tenants, range($types) as types(i), range($units) as units(unit);
    insert into marts.cancel_reasons by name
    select
        tenant_id, tenant_name, 700 + i as reason_id, 'Reason ' || i as reason_name, true as starts_flow,
        'reason_name' as match_field, 'reason' as pattern, 20 as priority, 'shipped' as origin, 60 as jobs,
        6 as jobs_last_90_days, i % 60 as jobs_booked_anew
    from tenants, range($reasons) as reasons(i);
    insert into marts.tenant_baselines by name select tenant_id from tenants;
    create table main.publication as
    select 'bench' as derivation_id, $now::timestamptz as as_of, '' as besides_version, as_of as published_at
"""
# Two of each customer: one in eight was not sent, of the first tenant's newest one in twenty-five is held, one in a
# thousand is dead.
DELIVERIES = """
    insert into deliveries (
        sequence, webhook_id, kind, transition_id, tenant_id, customer_id, told_state, flow_name, suppressed,
        occurred_at, body, created_at, batch, status, reason, attempts, delivered_at, last_status
    )
    with recursive numbers (i) as (select 1 union all select i + 1 from numbers where i < 2 * :customers),
    customers as (select i, i * 7919 % :customers as n from numbers),
    given as (
        select
            i,
            iif(n < :customers / 2, 0, 1 + n % 19) as tenant,
            iif(n < :customers / 2, n, (n - :customers / 2) / 19) as place,
            case
                when i > 1.96 * :customers and n < :customers / 2 then 'held'
                when i % 1000 = 7 then 'dead'
                when i % 8 = 0 then 'not_sent'
                else 'delivered'
            end as status,
            strftime(
                '%Y-%m-%dT%H:%M:%S.000000Z', :now, '-' || ((2 * :customers - i) * 47304000 / :customers) || ' seconds'
            ) as at
        from customers
    )
    select
        i, 'w' || i, 'changed', 't' || i, iif(tenant, :others + tenant, :first), 100000 + place, 2.0,
        case when i % 16 = 1 then null when i % 3 = 0 then 'What to Expect' else 'Unsold Estimates' end,
        case when i % 16 = 1 then 'do_not_mail' end, at, :body, at,
        case status when 'held' then :batch end, status,
        case
            when status = 'dead' then 'cut off'
            when status = 'not_sent' then case when i % 16 then 'shadow' else 'stale' end
        end,
        status in ('delivered', 'dead'), case status when 'delivered' then at end,
        case status when 'delivered' then 202 when 'dead' then 400 end
    from given
"""
ATTEMPTS = """
    insert into attempts (webhook_id, started_at, ended_at, http_status, milliseconds, answer)
    select webhook_id, created_at, created_at, last_status, 40, 'thank you' from deliveries where attempts
"""
# Half are about deliveries, the rest about tenants.
NOTES = """
    insert into decisions (webhook_id, tenant_id, subject, action, reason, decided_by, decided_at)
    with recursive numbers (i) as (select 1 union all select i + 1 from numbers where i < :decisions)
    select
        iif(i % 2, 'w' || (1 + i % :customers), null), iif(i % 2, null, iif(i % 38, :others + i % 19 + 1, :first)),
        iif(i % 2, null, 'roofs'), iif(i % 2, 'replayed', 'rules set'), 'as the office says', 'ola',
        strftime('%Y-%m-%dT%H:%M:%S.000000Z', :now, '-' || ((:decisions - i) * 60) || ' seconds')
    from numbers
"""
TAKEN = """
    insert into inbound_leads (
        id, tenant_id, source, lead_key, lead, received_at, status, candidates, last_error, ended_at
    ) values (?, ?, 'website', ?, ?, ?, ?, ?, ?, ?)
"""
INDEX = "insert into customer_index values (?, 'customer_contacts', ?, ?, ?)"
ENQUEUED = "insert into enqueues (tenant_id, derivation_id, read_at) values (?, 'bench', ?)"
SYNCED = "insert into last_complete_syncs (tenant_id, ended_at) values (?, ?)"


def phone(n: int) -> str:
    return f"+1213{2_000_000 + n:07}"


def batch(now: datetime) -> str:
    return f"{SOCAL.tenant_id}-{stamp(now)}"


def build(
    analytics: Path, operations: Path, customers: int, candidates: Sequence[Sequence[int]], now: datetime
) -> None:
    """``candidates``: of each tenant, customers whom ServiceTitan knows, for its leads."""
    fill(operations, customers, candidates, now)
    publish(analytics, operations, customers, now)


def publish(analytics: Path, operations: Path, customers: int, now: datetime) -> None:
    """All marts with their columns, and rows where pages come from."""
    with duckdb.connect(analytics) as con:
        con.execute("set TimeZone = 'UTC'; create schema marts")
        for file in sorted(PROJECT.glob("models/marts/**/*.yml")):
            for model in yaml.safe_load(file.read_text()).get("models", ()):
                columns = ", ".join(f'"{one["name"]}" {one.get("data_type", "varchar")}' for one in model["columns"])
                con.execute(
                    f"create table marts.{model.get('config', {}).get('alias', named(model['name']))} ({columns})"
                )
        values = {
            "now": now,
            "customers": customers,
            "tenants": [one.tenant_id for one in TENANTS],
            "names": [one.name for one in TENANTS],
            "types": JOB_TYPES,
            "units": UNITS,
            "reasons": REASONS,
        }
        for statement in MARTS.split(";"):
            con.execute(statement, {name: value for name, value in values.items() if f"${name}" in statement})
        con.register("besides", table(operations))
        con.execute(f"create table marts.deliveries as {FOR_ANALYSTS}")


def named(model: str) -> str:
    """A view under another name than its file's."""
    return {"customer_event_verdicts": "customer_events"}.get(model, model)


def fill(operations: Path, customers: int, candidates: Sequence[Sequence[int]], now: datetime) -> None:
    first, second = TENANTS[:2]
    values = {
        "customers": customers,
        "decisions": DECISIONS,
        "first": first.tenant_id,
        "others": second.tenant_id - 1,
        "now": stamp(now),
        "batch": batch(now),
        "body": b'{"x": 1}' + b" " * 1100,
    }
    with open_operations(operations) as con, transaction(con):
        for one in TENANTS:
            con.execute(ENQUEUED, [one.tenant_id, stamp(now)])
            con.execute(SYNCED, [one.tenant_id, stamp(now)])
        con.execute(DELIVERIES, values)
        con.execute(ATTEMPTS)
        con.execute(NOTES, values)
        con.executemany(TAKEN, leads(candidates, now))
        con.execute("insert into customer_index_salts values (?, ?)", [first.tenant_id, SALT])
        hashed = ((first.tenant_id, n, 100000 + n, value_hash(SALT, "phone", phone(n))) for n in range(customers // 2))
        con.executemany(INDEX, hashed)
    for one in TENANTS[:2]:
        keep(operations, rehearsed(one.tenant_id, customers, now), now)


def leads(candidates: Sequence[Sequence[int]], now: datetime) -> Iterator[tuple[Any, ...]]:
    """Of every tenant in turn; one in fifty waits for a person, with three candidates."""
    for i in range(LEADS):
        k = i % len(TENANTS)
        of_kind = i // len(TENANTS) % 100
        waits, known = of_kind < 2, candidates[k]
        status = ("needs_review", "needs_review", "rejected", "discarded", "test")[of_kind] if of_kind < 5 else "done"
        lead = {
            "name": f"Ada {i} Moss",
            "phone": phone(i),
            "email": f"ada{i}@mail.example.net",
            "summary": "Wants a new roof",
            "address": {"street": f"{i} Main Street", "city": "Pasadena", "state": "CA", "zip": "91101"},
        }
        received = stamp(now - timedelta(minutes=10 * (LEADS - i)))
        some = [known[(i + step) % len(known)] for step in range(3)]
        yield (
            f"00000000-0000-4000-8000-{i:012}",
            TENANTS[k].tenant_id,
            str(i),
            orjson.dumps(lead).decode(),
            received,
            status,
            orjson.dumps(some).decode() if waits else None,
            "three customers have this phone" if waits else None,
            None if waits else received,
        )


def rehearsed(tenant_id: int, customers: int, now: datetime) -> Rehearsal:
    mails = [
        Mail(
            f"m{i}",
            ("What to Expect", "Unsold Estimates", "Booking Reminder")[i % 3],
            2.0,
            100000 + i % (customers // 40),
            now - timedelta(minutes=2 * i),
            now - timedelta(minutes=2 * i),
            withheld=("past", "over", "converted")[i % 3] if i % 4 == 0 else None,
        )
        for i in range(MAILS)
    ]
    return Rehearsal(tenant_id, now - timedelta(days=30), now, None, mails, [])


def moment_of(folder: Path) -> datetime:
    """When it was made, else now."""
    made = folder / "made_at"
    return datetime.fromisoformat(made.read_text()) if made.exists() else datetime.now(UTC)
