"""What the bodies say, read from the marts and from staging, many customers at a time."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.flow_builder.event import Cause, EventAppointment, EventFacts, Person

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FACTS = """
    with asked as (
        select * from enqueue_sends
    ),

    people as (
        select people.* from staging.stg_servicetitan__customers as people
        semi join asked using (tenant_id, customer_id)
    ),

    contacts as (
        select
            contacts.tenant_id,
            contacts.customer_id,
            max_by(value, age) filter (where type = 'Email') as email,
            coalesce(
                max_by(value, age) filter (where type = 'MobilePhone'),
                max_by(value, age) filter (where type = 'Phone')
            ) as phone
        from (
            select *, row(coalesce(modified_at, timestamptz '-infinity'), contact_id) as age
            from staging.stg_servicetitan__customer_contacts
            where coalesce(is_active, true) and trim(value) != ''
        ) as contacts
        semi join asked using (tenant_id, customer_id)
        group by all
    ),

    transitions as (
        select log.* from marts.customer_state_transitions as log
        semi join asked using (transition_id)
    ),

    candidates as (
        select
            transitions.transition_id,
            appointments.*,
            coalesce(
                transitions.source_table = 'appointments'
                    and transitions.source_id = appointments.appointment_id::varchar,
                false
            ) as is_cause,
            coalesce(appointments.ends_at > transitions.detected_at, false) as is_ahead
        from transitions
        inner join staging.stg_servicetitan__appointments as appointments
            on transitions.tenant_id = appointments.tenant_id and transitions.job_id = appointments.job_id
        where coalesce(appointments.is_active, true)
    ),

    appointments as (
        select * from candidates
        where is_cause or status is distinct from 'Canceled'
        qualify row_number() over (
            partition by transition_id
            order by
                is_cause desc,
                is_ahead desc,
                case when is_ahead then starts_at end,
                starts_at desc nulls last,
                appointment_id
        ) = 1
    )

    select
        state.tenant_id,
        state.tenant_name,
        state.workspace_id::varchar,
        state.contact_id::varchar,
        state.servicetitan_customer_id,
        coalesce(transitions.to_state_name, state.current_state_name),
        transitions.transition_id,
        transitions.from_state::double,
        transitions.from_state_name,
        transitions.job_id,
        epoch_us(transitions.occurred_at),
        epoch_us(transitions.detected_at),
        transitions.event_name,
        transitions.source_table,
        transitions.source_id,
        people.name,
        people.type,
        contacts.email,
        contacts.phone,
        coalesce(people.is_do_not_mail, false),
        coalesce(people.is_do_not_service, false),
        appointments.appointment_id,
        epoch_us(appointments.starts_at),
        epoch_us(appointments.ends_at),
        epoch_us(appointments.arrival_window_starts_at),
        epoch_us(appointments.arrival_window_ends_at)
    from asked
    inner join marts.customer_servicetitan_state as state
        on asked.tenant_id = state.tenant_id and asked.customer_id = state.servicetitan_customer_id
    left join transitions on asked.transition_id = transitions.transition_id
    left join people on asked.tenant_id = people.tenant_id and asked.customer_id = people.customer_id
    left join contacts on asked.tenant_id = contacts.tenant_id and asked.customer_id = contacts.customer_id
    left join appointments on asked.transition_id = appointments.transition_id
    order by asked.number
"""

Send = tuple[int, int, str | None]  # tenant, customer, transition


def read_facts(con: duckdb.DuckDBPyConnection, sends: Sequence[Send], include_contact: bool) -> Iterator[EventFacts]:
    """One for each, in their order."""
    con.register("enqueue_sends", table(sends))
    for row in con.execute(FACTS).fetchall():
        yield facts(row, include_contact)


def table(sends: Sequence[Send]) -> pa.Table:
    columns = {"number": list(range(len(sends)))} | {
        name: [send[i] for send in sends] for i, name in enumerate(["tenant_id", "customer_id", "transition_id"])
    }
    kinds = {"transition_id": pa.string()}
    return pa.table({name: pa.array(values, kinds.get(name, pa.int64())) for name, values in columns.items()})


def facts(row: Sequence[Any], include_contact: bool) -> EventFacts:
    occurred_at, detected_at = map(moment, row[10:12])
    cause = Cause(*row[12:15]) if row[6] else None
    person = Person(*row[15:21]) if include_contact else None
    appointment = EventAppointment(row[21], *map(moment, row[22:26])) if row[21] else None
    return EventFacts(*(*row[:10], occurred_at, detected_at, cause, person, appointment))


def moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else EPOCH + timedelta(microseconds=microseconds)
