"""What the gate is asked for: the facts of each transition that was decided about and still counts."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from pipelines.flow_builder.customer import Customer, current, lasting
from pipelines.flow_builder.customer_log import Logged
from pipelines.flow_builder.delivery import Key
from pipelines.flow_builder.facts import Facts
from pipelines.operations import Connection

WRITE = """
    insert into gate_facts (transition_id, tenant_id, customer_id, digest, is_current, is_active, facts)
    values (?, ?, ?, ?, ?, ?, ?)
    on conflict (transition_id) do update set
        tenant_id = excluded.tenant_id,
        customer_id = excluded.customer_id,
        digest = excluded.digest,
        is_current = excluded.is_current,
        is_active = excluded.is_active,
        facts = excluded.facts
    where
        (gate_facts.tenant_id, gate_facts.customer_id, gate_facts.digest, gate_facts.is_current, gate_facts.is_active)
        != (excluded.tenant_id, excluded.customer_id, excluded.digest, excluded.is_current, excluded.is_active)
"""
FORGET = """
    delete from gate_facts
    where tenant_id = ? and customer_id = ? and transition_id not in (select value from json_each(?))
"""
READ = """
    select transition_id, tenant_id, customer_id, is_current, is_active, facts from gate_facts
    where tenant_id = ? and customer_id = ?
"""


class GateRow(NamedTuple):
    """``is_current``: it is; else it would be but for its own reset. ``is_active``: the customer."""

    transition_id: str
    key: Key
    is_current: bool
    is_active: bool
    facts: Facts


def write_facts(
    con: Connection, customers: Sequence[Customer], logged: Mapping[Key, Mapping[str | None, Logged]]
) -> None:
    """Of customers with all their rows as they are now."""
    for customer in customers:
        with_row = {row.transition_id for row in customer.rows}
        kept = {one.transition_id for one in lasting(customer.standing)} & with_row & logged[customer.key].keys()
        con.execute(FORGET, [*customer.key, json.dumps(sorted(str(one) for one in kept))])
        is_current = {one.transition_id for one in current(customer.standing)}
        con.executemany(
            WRITE,
            [
                (
                    one,
                    *customer.key,
                    logged[customer.key][one].digest,
                    one in is_current,
                    customer.is_active,
                    msgspec.json.encode(logged[customer.key][one].facts),
                )
                for one in sorted(str(one) for one in kept)
            ],
        )


def read_facts(con: Connection, key: Key) -> list[GateRow]:
    """Of one customer, in the order in which it happened."""
    rows = [
        GateRow(one, Key(*key), bool(is_current), bool(is_active), msgspec.json.decode(facts, type=Facts))
        for one, *key, is_current, is_active, facts in con.execute(READ, key).fetchall()
    ]
    return sorted(rows, key=lambda row: (row.facts.occurred_at, row.facts.to_state))
