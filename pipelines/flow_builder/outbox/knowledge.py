"""What the outbox knows and has told, as `enqueue` asks it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from pipelines.flow_builder.policy import Recipient, ToldState, Transition
from pipelines.flow_builder.statuses import TOLD, UNFINISHED, Status
from pipelines.flow_builder.transition_log import History, Key, Known
from pipelines.operations import Connection

IDS_BATCH = 50_000
IS_UNFINISHED = f"status in {UNFINISHED}"
# In the words of the index deliveries_told, or SQLite would not use it.
IS_TOLD = f"""(status in {TOLD}
    or (status = '{Status.CANCELED}' and attempt_id is not null))"""

# In the words of the index deliveries_turned.
HAS_TURNED = f"""
    (case
        when status in {TOLD} then 0
        when status = '{Status.CANCELED}' and attempt_id is not null then 0
        else 1
    end) != was_untold
    and reason is distinct from 'baseline'
"""

# Of history that 0.1.0 wrote down nobody asks what it is followed by.
KNOWN = """
    select stands, case when reason is distinct from 'baseline' then is_newest end, group_concat(transition_id, '')
    from deliveries
"""
KNOWN_OF_TENANT = f"{KNOWN} where kind = 'changed' and tenant_id = ? group by stands, is_newest, reason"
KNOWN_AMONG = f"""{KNOWN}
    where kind = 'changed' and webhook_id in (select value from json_each(?)) group by stands, is_newest, reason
"""

TOLD_STATES = f"""
    select tenant_id, customer_id, told_state from (
        select tenant_id, customer_id, told_state, max(sequence) from deliveries
        where {IS_TOLD} and tenant_id in (select value from json_each(?)) group by tenant_id, customer_id
    )
"""

ASKED = """
    select json_extract(value, '$[0]') as tenant_id, json_extract(value, '$[1]') as customer_id from json_each(?)
"""
NEWEST_TOLD = f"""
    select told.tenant_id, told.customer_id, told.told_state, told.transition_id
    from ({ASKED}) as asked
    cross join deliveries as told
    where told.sequence = (
        select max(sequence) from deliveries
        where tenant_id = asked.tenant_id and customer_id = asked.customer_id and {IS_TOLD}
    )
"""

CORRECTIONS = f"""
    select distinct transition_id from deliveries
    where {IS_UNFINISHED} and kind = 'corrected' and transition_id is not null
"""

# What was canceled before any attempt, and stands again, is planned anew.
KNOWLEDGE = f"""
    select
        webhook_id,
        status != '{Status.CANCELED}' or reason != 'retracted' or attempt_id is not null or not stands as known,
        {IS_TOLD} as told
    from json_each(?) as asked
    inner join deliveries on deliveries.webhook_id = asked.value
"""


class Told(NamedTuple):
    """The newest that was told of a customer, and by which transition."""

    state: float
    transition_id: str | None


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

    def told(self, keys: Iterable[Key]) -> dict[Key, Told]:
        rows = self.con.execute(NEWEST_TOLD, [json.dumps(list(keys))])
        return {Key(tenant_id, customer_id): Told(*told) for tenant_id, customer_id, *told in rows}

    def turned(self, tenants: Sequence[int]) -> set[Key]:
        """Whose deliveries tell another state than the last enqueue saw: one has died, say, or was sent again."""
        query = f"""select distinct tenant_id, customer_id from deliveries indexed by deliveries_turned
            where {HAS_TURNED} and tenant_id in (select value from json_each(?))"""
        return {Key(*row) for row in self.con.execute(query, [json.dumps(tenants)])}

    def corrected(self, tenants: Sequence[int], keys: Iterable[Key]) -> list[str]:
        """The transitions that unfinished corrections name: of all customers of the tenants, and of these ones."""
        of_tenants = f"{CORRECTIONS} and tenant_id in (select value from json_each(?))"
        of_customers = f"{CORRECTIONS} and (tenant_id, customer_id) in ({ASKED})"
        asked = json.dumps(tenants), json.dumps(list(keys))
        rows = self.con.execute(f"{of_tenants} union {of_customers}", asked)
        return [transition_id for (transition_id,) in rows]

    def recipients(
        self, histories: Sequence[History], told: Mapping[Key, Told], standing: frozenset[str]
    ) -> Iterator[Recipient]:
        """``standing``: of the transitions that told, those that stand."""
        ids = [transition.transition_id for history in histories for transition in history.transitions]
        rows = self.con.execute(KNOWLEDGE, [json.dumps(ids)])
        knowledge = {webhook_id: (bool(is_known), bool(is_told)) for webhook_id, is_known, is_told in rows}
        for history in histories:
            transitions = [with_knowledge(transition, knowledge) for transition in history.transitions]
            newest = told.get(history.key)
            state = newest and ToldState(*newest, stands=newest.transition_id in standing)
            yield Recipient(history.is_active, transitions, state)


def known(stands: int, is_newest: int | None, ids: str) -> Known:
    return Known(ids.encode(), bool(stands), None if is_newest is None else bool(is_newest))


def with_knowledge(transition: Transition, knowledge: Mapping[str, tuple[bool, bool]]) -> Transition:
    if transition.transition_id not in knowledge:
        return transition
    is_known, is_told = knowledge[transition.transition_id]
    return replace(transition, known=is_known or transition.known, told=is_told)
