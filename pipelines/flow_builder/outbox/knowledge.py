"""What the outbox knows and has told, as `enqueue` asks it."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from pipelines.flow_builder.delivery import Delivery, Key
from pipelines.flow_builder.statuses import TOLD, UNFINISHED, Status
from pipelines.flow_builder.transition_log import Known
from pipelines.flow_builder.visits import Appointment
from pipelines.operations import Connection, moment

IDS_BATCH = 50_000

# In the words of the index deliveries_told, or SQLite would not use it.
IS_TOLD = f"(status in {TOLD} or may_have_arrived = 1) and told_state is not null"

# What it tells: 0 it may yet, 1 nothing, 2 a flow that was canceled, 3 a state, 4 nobody knows. In the words of the
# index deliveries_turned.
TELLS = f"""
    (case
        when status in {UNFINISHED} then 0
        when status = '{Status.DELIVERED}' then 3
        when may_have_arrived = 0 then 1
        when status = '{Status.CANCELED}' then 2
        else 4
    end)
"""
HAS_TURNED = f"{TELLS} != seen_as and reason is distinct from 'baseline'"

# Of history that 0.1.0 wrote down nobody asks what it is followed by.
KNOWN = """
    select stands, case when reason is distinct from 'baseline' then is_newest end, group_concat(transition_id, '')
    from deliveries
"""
KNOWN_OF_TENANT = f"{KNOWN} where kind = 'changed' and tenant_id = ? group by stands, is_newest, reason"
KNOWN_AMONG = f"""{KNOWN}
    where kind = 'changed' and transition_id in (select value from json_each(?)) group by stands, is_newest, reason
"""

TOLD_STATES = f"""
    select tenant_id, customer_id, told_state from (
        select /* postgres: distinct on (tenant_id, customer_id) */
            tenant_id, customer_id, told_state /* sqlite */, max(sequence) /* postgres: */
        from deliveries
        where {IS_TOLD} and tenant_id in (select cast(value as bigint) from json_each(?))
        /* sqlite */ group by tenant_id, customer_id /* postgres: order by tenant_id, customer_id, sequence desc */
    ) as newest
"""

ASKED = """
    select cast(value ->> 0 as bigint) as tenant_id, cast(value ->> 1 as bigint) as customer_id from json_each(?)
"""
UNFINISHED_OF = f"select distinct tenant_id, customer_id from deliveries where status in {UNFINISHED}"
TOLD_OF_TENANT = f"select distinct tenant_id, customer_id from deliveries where {IS_TOLD} and tenant_id = ?"
OF_TRANSITIONS = """
    select distinct tenant_id, customer_id from deliveries where transition_id in (select value from json_each(?))
"""
IN_DELIVERIES = f"""
    select asked.tenant_id, asked.customer_id from ({ASKED}) as asked
    where exists (
        select 1 from deliveries
        where deliveries.customer_id = asked.customer_id and deliveries.tenant_id = asked.tenant_id
    )
"""

COLUMNS = (
    *("sequence", "webhook_id", "kind", "transition_id", "tenant_id", "customer_id", "job_id", "told_state"),
    *("flow_name", "ends", "follows", "suppressed", "occurred_at", "appointment", "was_ahead"),
    *("ahead_until", "flow_until"),
    *("settles_at", "status", "reason", "attempt_id", "may_have_arrived", "stands", "is_newest", "was_retracted"),
    "overrides",
)
ROWS = f"""
    select {", ".join(f"deliveries.{column}" for column in COLUMNS)} from deliveries
    where transition_id in (select value from json_each(:transitions))
    union
    select {", ".join(f"deliveries.{column}" for column in COLUMNS)} from ({ASKED.replace("?", ":keys")}) as asked
    cross join deliveries on deliveries.customer_id = asked.customer_id and deliveries.tenant_id = asked.tenant_id
    order by 1
"""
DIGESTS = """
    select transition_id, digest from gate_facts where tenant_id in (select cast(value as bigint) from json_each(?))
"""


class OutboxKnowledge:
    def __init__(self, con: Connection) -> None:
        self.con = con

    def of_tenant(self, tenant_id: int) -> Iterator[Known]:
        """Many ids as one value each, because two million rows take seconds."""
        yield from (known(*row) for row in self.con.execute(KNOWN_OF_TENANT, [tenant_id]))

    def among(self, transition_ids: Sequence[str]) -> Iterator[Known]:
        for start in range(0, len(transition_ids), IDS_BATCH):
            some = json.dumps(transition_ids[start : start + IDS_BATCH])
            yield from (known(*row) for row in self.con.execute(KNOWN_AMONG, [some]))

    def told_states(self, tenants: Sequence[int]) -> dict[Key, float]:
        """Of every customer of these tenants of whom anything was told."""
        rows = self.con.execute(TOLD_STATES, [json.dumps(tenants)])
        return {Key(tenant_id, customer_id): state for tenant_id, customer_id, state in rows}

    def digests(self, tenants: Sequence[int]) -> dict[str, str]:
        """Of the facts that the gate knows."""
        return dict(self.con.execute(DIGESTS, [json.dumps(tenants)]).fetchall()) if tenants else {}

    def turned(self, tenants: Sequence[int]) -> set[Key]:
        """Whose deliveries tell something else than the last enqueue saw: one has died, say, or was sent again."""
        query = f"""select distinct tenant_id, customer_id from deliveries indexed by deliveries_turned
            where {HAS_TURNED} and tenant_id in (select cast(value as bigint) from json_each(?))"""
        return self.keys(query, json.dumps(tenants))

    def unfinished(self, tenants: Collection[int]) -> set[Key]:
        """Who has a row that is not."""
        return {key for key in self.keys(UNFINISHED_OF) if key.tenant_id in tenants}

    def told(self, tenant_id: int) -> set[Key]:
        return self.keys(TOLD_OF_TENANT, tenant_id)

    def of_transitions(self, transition_ids: Sequence[str]) -> set[Key]:
        """Whom the rows about these name."""
        return self.keys(OF_TRANSITIONS, json.dumps(transition_ids)) if transition_ids else set()

    def with_rows(self, keys: Collection[Key]) -> set[Key]:
        return self.keys(IN_DELIVERIES, json.dumps([*keys])) if keys else set()

    def keys(self, query: str, *values: str | int) -> set[Key]:
        return {Key(*row) for row in self.con.execute(query, values)}

    def rows(self, keys: Collection[Key], transition_ids: Iterable[str]) -> list[Delivery]:
        """All that name these customers, or are about these transitions; in the order in which they leave."""
        asked = {"keys": json.dumps([*keys]), "transitions": json.dumps([*transition_ids])}
        return [delivery(dict(zip(COLUMNS, row, strict=True))) for row in self.con.execute(ROWS, asked)]

    def row(self, webhook_id: str) -> Delivery | None:
        query = f"select {', '.join(COLUMNS)} from deliveries where webhook_id = ?"
        found = self.con.execute(query, [webhook_id]).fetchone()
        return delivery(dict(zip(COLUMNS, found, strict=True))) if found else None


def known(stands: int, is_newest: int | None, ids: str) -> Known:
    return Known(ids.encode(), bool(stands), None if is_newest is None else bool(is_newest))


def delivery(row: dict[str, Any]) -> Delivery:
    """As its columns have it."""
    times = ("occurred_at", "ahead_until", "flow_until", "settles_at")
    flags = ("was_ahead", "may_have_arrived", "stands", "is_newest", "was_retracted")
    read: dict[str, Any] = {
        "key": Key(row.pop("tenant_id"), row.pop("customer_id")),
        "begun": row.pop("attempt_id") is not None,
        "status": Status(row.pop("status")),
        "ends": tuple(json.loads(row.pop("ends"))),
        **{name: moment(text) if (text := row.pop(name)) else None for name in times},
        **{name: bool(row.pop(name)) for name in flags},
    }
    named = row.pop("appointment")
    return Delivery(appointment=msgspec.json.decode(named, type=Appointment) if named else None, **read, **row)
