"""Which contact of Flow Builder is which customer; the next sync takes it into the state table."""

from uuid import UUID

from pipelines.actions.context import ActionContext
from pipelines.operations import stamp

LINK = """
insert into contact_links (tenant_id, customer_id, contact_id, linked_at) values (?, ?, ?, ?)
on conflict do update set contact_id = excluded.contact_id, linked_at = excluded.linked_at
where contact_id != excluded.contact_id
"""


def link_contact(call: ActionContext, customer_id: int, contact_id: UUID) -> None:
    """The latest link counts."""
    call.services.store.write(LINK, call.tenant.id, customer_id, str(contact_id), stamp(call.now()))
