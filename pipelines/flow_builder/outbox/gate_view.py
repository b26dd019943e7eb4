"""What the outbox knows of one customer without the warehouse: the rows, and the facts of what still counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.flow_builder import switches
from pipelines.flow_builder.customer import Customer, Transition
from pipelines.flow_builder.delivery import Delivery, Key, Situation, situation_of
from pipelines.flow_builder.event import Office, office_of
from pipelines.flow_builder.outbox.gate_rows import GateRow, read_facts
from pipelines.flow_builder.outbox.knowledge import OutboxKnowledge
from pipelines.flow_builder.switches import Switch
from pipelines.operations import Connection, moment
from pipelines.settings import ConfigurationError, Settings, Tenant
from pipelines.tenants import directory

# Whose the transition is: of a customer who was merged, the survivor's.
OWNER = """
    select tenant_id, customer_id from (
        select 1 as place, tenant_id, customer_id, 0 as sequence from gate_facts where transition_id = :id
        union all
        select 2, tenant_id, customer_id, sequence from deliveries where transition_id = :id
    ) as places order by place, sequence desc limit 1
"""
WHOLE_FROM = "select whole_from from enqueues where tenant_id = ?"


@dataclass(frozen=True, slots=True)
class GateView:
    """``as_of``: when the reading began of which the facts are; None: the tenant was never read whole."""

    customer: Customer
    facts: Sequence[GateRow]
    office: Office
    situation: Situation
    switch: Switch
    as_of: datetime | None
    is_connected: bool = True  # its tenant is

    @property
    def current(self) -> set[str]:
        return {row.transition_id for row in self.facts if row.is_current}

    def about(self, transition_id: str) -> list[Delivery]:
        """Its rows, less those that count as if they had never been."""
        return [row for row in self.customer.rows if row.transition_id == transition_id and not row.is_void]


def read_view(con: Connection, settings: Settings, transition_id: str, now: datetime) -> GateView | None:
    """None: no row is about it."""
    owner = con.execute(OWNER, {"id": transition_id}).fetchone()
    if owner is None:
        return None
    key = Key(*owner)
    facts = read_facts(con, key)
    ids = {transition_id, *(row.transition_id for row in facts)}
    rows = OutboxKnowledge(con).rows([key], ids)
    tenant = configured(con, settings, key.tenant_id)
    found = switches.read(con, [tenant] if tenant else [])
    switch = switches.in_force(found, key.tenant_id)
    whole_from = con.execute(WHOLE_FROM, [key.tenant_id]).fetchone()
    as_of = moment(whole_from[0]) if whole_from and whole_from[0] else None
    return GateView(
        customer_of(key, facts, rows),
        facts,
        office_of(settings, tenant),
        situation_of(settings, now, is_shadow=switch.is_shadow, whole_from=as_of),
        switch,
        as_of,
        is_connected=tenant is not None,
    )


def configured(con: Connection, settings: Settings, tenant_id: int) -> Tenant | None:
    try:
        return directory.find(settings, tenant_id, con)
    except ConfigurationError:
        return None


def customer_of(key: Key, facts: Sequence[GateRow], rows: Sequence[Delivery]) -> Customer:
    """As far as they are known here: of the standing transitions those that are current, or would be but for their own
    reset. Others that stand count as somebody else's, about whom nothing is decided."""
    known = {row.transition_id for row in facts}
    standing = {row.transition_id for row in rows if row.stands and row.transition_id}
    return Customer(
        key,
        is_active=all(row.is_active for row in facts),
        is_alias=False,
        transitions=[transition_of(row) for row in facts],
        facts={row.transition_id: row.facts for row in facts},
        rows=rows,
        elsewhere=standing - known,
    )


def transition_of(row: GateRow) -> Transition:
    facts = row.facts
    if facts.occurred_at is None or facts.detected_at is None:
        raise ValueError(f"gate_facts, {row.transition_id}: without its moments")
    return Transition(
        row.transition_id,
        facts.to_state,
        facts.flow_name,
        facts.job_id,
        facts.occurred_at,
        facts.detected_at,
        is_reset=facts.event_name == "reset",
        is_completion=facts.event_name == "install_job_completed",
    )
