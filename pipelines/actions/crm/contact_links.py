"""Which contact of Flow Builder is which customer; the next sync takes it into the state table."""

from uuid import UUID

from pipelines.actions.context import ActionContext
from pipelines.annotations.contact_links import ContactLink, link


def link_contact(call: ActionContext, customer_id: int, contact_id: UUID) -> None:
    """The latest link counts."""
    with call.services.store.writing() as con:
        link(con, ContactLink(call.tenant.id, customer_id, str(contact_id), call.now()))
