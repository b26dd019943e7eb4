"""Customers: read, find, create."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from uuid import UUID

from pipelines.actions.context import CUSTOMERS, LOCATIONS, ActionContext
from pipelines.actions.crm.contact_links import customers_of, link_if_theirs, other_contact
from pipelines.actions.crm.customer_match import (
    contacts_of,
    find,
    known,
    match,
    needs_review,
    person_of,
    typed_contacts,
)
from pipelines.actions.crm.identity import Given
from pipelines.actions.crm.keyed_lock import one_at_a_time
from pipelines.actions.crm.listings import rows_of, typed
from pipelines.actions.crm.merges import standing
from pipelines.actions.crm.write_once import Write, already_written, write_once
from pipelines.actions.schemas.contact_values import as_contact
from pipelines.actions.schemas.inputs import CreateCustomer, FindCustomers, GetCustomer
from pipelines.actions.schemas.results import (
    CreatedCustomer,
    Customer,
    FoundCustomer,
    FoundCustomers,
    LeftOutValue,
)
from pipelines.servicetitan.api.responses import Json

# ServiceTitan shows external data only to who names the GUID under which it was written.
APPLICATION_GUID = "6f1c0f0e-6a53-5c0b-9d3c-2f5f0c6c1d11"
MAX_LOCATIONS = 200  # of a customer, that are looked at
WRITE_KEY = "servicetitan-flow-write"


def get_customer(call: ActionContext, form: GetCustomer) -> Customer:
    contacts = call.services.workers[call.tenant].side_by_side.submit(contacts_of, call, [form.customer_id])
    record = call.get(CUSTOMERS.below(form.customer_id))
    return typed(Customer, record | {"contacts": contacts.result()[form.customer_id]})


def find_customers(call: ActionContext, form: FindCustomers) -> FoundCustomers:
    """By what identifies somebody. Raises `Problem` where nothing does."""
    return FoundCustomers(customers=find(call, person_of(call, None, form.phone, form.email)))


def create_customer(call: ActionContext, form: CreateCustomer) -> CreatedCustomer:
    """Raises `Problem` ``needs_review`` where it is for a person to say who is meant, or whose contact it is.

    Nobody else takes the contact between the look at whose it is and the link.
    """
    person = person_of(call, form.name, form.phone, form.email)
    with turn_of(call, form, person):
        result = found_or_created(call, form, person, check=refuse_another_contact)
        if form.contact_id is None:
            return result
        customer = known(result.customer, call.tenant.country)
        why = link_if_theirs(call, person, customer, form.contact_id, is_new=result.created)
    return result.model_copy(update={"linked": why is None, "not_linked_because": why})


Check = Callable[[ActionContext, CreateCustomer, FoundCustomer], None]


def turn_of(call: ActionContext, form: CreateCustomer, person: Given) -> AbstractContextManager[None]:
    number, contact = person.phone and person.phone.number, str(form.contact_id or "")
    return one_at_a_time(call.tenant.id, number, person.email, contact, deadline=call.deadline)


def found_or_created(
    call: ActionContext, form: CreateCustomer, person: Given, check: Check | None = None, find_first: bool = True
) -> CreatedCustomer:
    """In the person's turn. ``check`` sees who was found. Raises `Problem` ``needs_review``."""
    write = customer_write(call, form, person)
    if record := already_written(call, write):
        return _created(call, record, person)
    found = match(call, person) if find_first else None
    if find_first and form.contact_id:
        refuse_another_customer(call, form.contact_id, found)
    if found is None:
        return _created(call, write_once(call, write), person)
    if check:
        check(call, form, found)
    return CreatedCustomer(created=False, customer=found, left_out=shown(person))


def refuse_another_customer(call: ActionContext, contact_id: UUID, found: FoundCustomer | None) -> None:
    """The contact is somebody already. Raises `Problem` ``needs_review``."""
    owners = customers_of(call, contact_id)
    if not owners or (found and found.id in owners):
        return
    records = standing(call, owners)
    others = [typed(FoundCustomer, record | {"contacts": [], "matchedBy": []}) for record in records]
    why = dict.fromkeys(owners, f"is linked to contact {contact_id}")
    if found:
        why[found.id] = f"has the {' and the '.join(found.matched_by)}"
    raise needs_review([*filter(None, [found]), *others], why)


def refuse_another_contact(call: ActionContext, form: CreateCustomer, found: FoundCustomer) -> None:
    """Raises `Problem` ``needs_review``."""
    if form.contact_id and (linked := other_contact(call, found.id, form.contact_id)):
        raise needs_review([found], {found.id: f"is linked to another contact, {linked}"})


def shown(person: Given) -> list[LeftOutValue]:
    return [LeftOutValue(**one._asdict()) for one in person.left_out]


def customer_write(call: ActionContext, form: CreateCustomer, person: Given) -> Write:
    body = customer_body(form, contacts_for(call, person), call.write_id)

    def look(_began: datetime) -> Json | None:
        named = {
            "externalDataApplicationGuid": APPLICATION_GUID,
            "externalDataKey": WRITE_KEY,
            "externalDataValues": call.write_id,
        }
        rows = rows_of(call.get(CUSTOMERS, named | {"active": "Any"}))
        # A server that does not know these filters would give all customers.
        return next((row for row in rows if _carries(row, call.write_id)), None)

    return Write(CUSTOMERS, lambda: call.post(CUSTOMERS, body), look)


def contacts_for(call: ActionContext, person: Given) -> list[Json]:
    """What ServiceTitan is to store: nothing that identifies nobody."""
    numbers = [as_contact(person.phone, call.tenant.country)] if person.phone else []
    return numbers + ([{"type": "Email", "value": person.email}] if person.email else [])


def _created(call: ActionContext, record: Json, person: Given) -> CreatedCustomer:
    location = next(iter(record.get("locations") or locations_of(call, record["id"])), None)
    contacts = typed_contacts(record.get("contacts") or contacts_of(call, [record["id"]])[record["id"]])
    customer = typed(Customer, record | {"contacts": []}).model_copy(update={"contacts": contacts})
    location_id = location["id"] if location else None
    return CreatedCustomer(created=True, customer=customer, location_id=location_id, left_out=shown(person))


def customer_body(form: CreateCustomer, contacts: list[Json], write_id: str) -> Json:
    address = form.address.model_dump()
    return {
        "name": form.name,
        "type": form.type,
        "address": address,
        "locations": [{"name": form.name, "address": address}],
        "contacts": contacts,  # ServiceTitan would copy those of a location to the customer
        "doNotMail": form.do_not_mail,
        "doNotService": form.do_not_service,
        "externalData": {
            "applicationGuid": APPLICATION_GUID,
            "externalData": [{"key": WRITE_KEY, "value": write_id}],
        },
    }


def _carries(row: Json, write_id: str) -> bool:
    return any(datum == {"key": WRITE_KEY, "value": write_id} for datum in row.get("externalData") or ())


def locations_of(call: ActionContext, customer_id: int) -> list[Json]:
    return rows_of(call.get(LOCATIONS, {"customerId": customer_id, "sort": "+Id", "pageSize": MAX_LOCATIONS}))
