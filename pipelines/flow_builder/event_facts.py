"""What the bodies say, read from the mart that holds it, many customers at a time."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.flow_builder.event import Cause, EventAppointment, EventFacts, Person

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FACTS = """
    select
        details.tenant_id,
        details.tenant_name,
        details.workspace_id::varchar,
        details.contact_id::varchar,
        details.servicetitan_customer_id,
        details.to_state_name,
        details.transition_id,
        details.from_state::double,
        details.from_state_name,
        details.job_id,
        epoch_us(details.occurred_at),
        epoch_us(details.detected_at),
        details.event_name,
        details.source_table,
        details.source_id,
        details.customer_name,
        details.customer_type,
        details.email,
        details.phone,
        details.is_do_not_mail,
        details.is_do_not_service,
        details.appointment_id,
        epoch_us(details.appointment_starts_at),
        epoch_us(details.appointment_ends_at),
        epoch_us(details.arrival_window_starts_at),
        epoch_us(details.arrival_window_ends_at)
    from enqueue_sends as asked
    inner join marts.transition_details as details
        on asked.tenant_id = details.tenant_id
        and asked.customer_id = details.servicetitan_customer_id
        and asked.transition_id is not distinct from details.transition_id
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
