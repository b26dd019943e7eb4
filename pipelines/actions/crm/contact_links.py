"""Which contact of Flow Builder is which customer; the next sync takes it into the state table.

A link stays until a person, or whoever says `replace`, moves it: mails go where it points.
"""

from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

from pipelines.actions.context import ActionContext
from pipelines.actions.crm.identity import Given, Known, is_same
from pipelines.actions.crm.keyed_lock import of_customer, one_at_a_time
from pipelines.actions.crm.merges import current, merged_since, survivors
from pipelines.actions.schemas.inputs import LinkContact
from pipelines.actions.schemas.results import LinkedContact
from pipelines.actions.web.problems import Problem
from pipelines.annotations import contact_links
from pipelines.annotations.contact_links import ContactLink
from pipelines.operations import moment
from pipelines.servicetitan.sync_status import readings

SOMEBODY_ELSE = "it may be somebody else of the household or the office"
MARGIN = timedelta(days=1)  # in which a sync that was begun is published, and clocks may be apart


def link_contact(call: ActionContext, form: LinkContact) -> LinkedContact:
    """A customer who was merged away stands for the survivor. Raises `Problem` ``linked`` without ``replace``."""
    customer_id: int = current(call, form.customer_id)["id"]
    with one_at_a_time(call.tenant.id, str(form.contact_id), deadline=call.deadline), _turn_of(call, customer_id):
        before, others = contact_of(call, customer_id), _others(call, customer_id, form.contact_id)
        if (why := _hindrance(customer_id, form.contact_id, before, others)) and not form.replace:
            raise Problem("linked", f"{why}; nothing was changed; replace: true moves the link")
        if form.replace or _own(call, customer_id) != form.contact_id:
            _link(call, customer_id, form.contact_id)
    replaced = before if before != form.contact_id else None
    return LinkedContact(
        customer_id=customer_id,
        contact_id=form.contact_id,
        replaced_contact_id=replaced,
        moved_from=others if form.replace else [],
    )


def link_if_theirs(
    call: ActionContext, person: Given, customer: Known, contact_id: UUID, is_new: bool = False
) -> str | None:
    """Why it was not linked; None: it is. One that is linked already is whose a person said. It is the contact's turn:
    see `one_at_a_time`. ``is_new``: nobody can have been merged into the customer."""
    customer_id, linked = customer.id, _own if is_new else contact_of
    with _turn_of(call, customer_id):
        before, others = linked(call, customer_id), _others(call, customer_id, contact_id)
        why = _hindrance(customer_id, contact_id, before, others)
        if why is None and before != contact_id:
            if not is_same(person, customer):
                link_it = f"if it is the customer, PUT /customers/{customer_id}/contact links it"
                return f"contact {contact_id} is not linked to customer {customer_id}: {SOMEBODY_ELSE}; {link_it}"
            _link(call, customer_id, contact_id)
    return why


def _turn_of(call: ActionContext, customer_id: int) -> AbstractContextManager[None]:
    return of_customer(call.tenant.id, customer_id, call.deadline)


def contact_of(call: ActionContext, customer_id: int) -> UUID | None:
    """The customer's own, else that of one who was merged into it, also since the last sync."""
    if own := _own(call, customer_id):
        return own
    followed = _as_synced(call, customer_id)
    return followed if followed and customer_id in customers_of(call, followed) else _of_merged(call, customer_id)


def _own(call: ActionContext, customer_id: int) -> UUID | None:
    with call.services.store.reading() as con:
        own = contact_links.contact_of(con, call.tenant.id, customer_id)
    return UUID(own) if own else None


def _as_synced(call: ActionContext, customer_id: int) -> UUID | None:
    return (call.services.marts.state(call.tenant.id, customer_id) or {}).get("contact_id")


def _of_merged(call: ActionContext, customer_id: int) -> UUID | None:
    """Of those that no sync has seen as merged yet, the newest link."""
    with call.services.store.reading() as con:
        first = contact_links.first_stamp(con, call.tenant.id)
    if not first:
        return None
    reading = readings(call.services.settings.operations).get(call.tenant.id)
    since = max(moment(first), (reading and reading.whole_from) or moment(first)) - MARGIN
    merged = sorted(merged_since(call, customer_id, since))
    with call.services.store.reading() as con:
        newest = contact_links.newest_of(con, call.tenant.id, merged)
    return UUID(newest) if newest else next(filter(None, (_as_synced(call, one) for one in merged)), None)


def customers_of(call: ActionContext, contact_id: UUID) -> list[int]:
    """As they stand in ServiceTitan, merged or not."""
    with call.services.store.reading() as con:
        linked = contact_links.customers_of(con, call.tenant.id, str(contact_id))
    now = survivors(call, linked) if linked else {}
    return sorted({now[one]["id"] if one in now else one for one in linked})


def _others(call: ActionContext, customer_id: int, contact_id: UUID) -> list[int]:
    return [one for one in customers_of(call, contact_id) if one != customer_id]


def other_contact(call: ActionContext, customer_id: int, contact_id: UUID) -> UUID | None:
    """Another one that the customer is linked to."""
    linked = contact_of(call, customer_id)
    return linked if linked != contact_id else None


def _hindrance(customer_id: int, contact_id: UUID, before: UUID | None, others: list[int]) -> str | None:
    if before == contact_id:
        return None
    if others:
        return f"contact {contact_id} is linked to customer {', '.join(map(str, others))}"
    if before:
        return f"customer {customer_id} is linked to contact {before}, and contact {contact_id} is not linked"
    return None


def _link(call: ActionContext, customer_id: int, contact_id: UUID) -> None:
    with call.services.store.writing(f"links of tenant {call.tenant.id}") as con:
        contact_links.link(con, ContactLink(call.tenant.id, customer_id, str(contact_id), call.now()))
