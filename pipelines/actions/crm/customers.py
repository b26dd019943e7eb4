"""Customers: read, find, create."""

from datetime import datetime

from pipelines.actions.context import CUSTOMERS, LOCATIONS, ActionContext
from pipelines.actions.crm.contact_links import link_contact
from pipelines.actions.crm.customer_match import contacts_of, find, phone_number, typed_contacts
from pipelines.actions.crm.keyed_lock import one_at_a_time
from pipelines.actions.crm.listings import rows_of, typed
from pipelines.actions.crm.write_once import Write, already_written, write_once
from pipelines.actions.schemas.contact_values import as_stored
from pipelines.actions.schemas.inputs import CreateCustomer, FindCustomers, GetCustomer
from pipelines.actions.schemas.results import CreatedCustomer, Customer, FoundCustomer, FoundCustomers
from pipelines.actions.web.problems import Problem
from pipelines.servicetitan.api.responses import Json

# ServiceTitan shows external data only to who names the GUID under which it was written.
APPLICATION_GUID = "6f1c0f0e-6a53-5c0b-9d3c-2f5f0c6c1d11"
WRITE_KEY = "servicetitan-flow-write"


def get_customer(call: ActionContext, form: GetCustomer) -> Customer:
    contacts = call.services.workers[call.tenant].side_by_side.submit(contacts_of, call, [form.customer_id])
    record = call.get(CUSTOMERS.below(form.customer_id))
    return typed(Customer, record | {"contacts": contacts.result()[form.customer_id]})


def find_customers(call: ActionContext, form: FindCustomers) -> FoundCustomers:
    return FoundCustomers(customers=find(call, form.phone, form.email))


def create_customer(call: ActionContext, form: CreateCustomer, find_first: bool = True) -> CreatedCustomer:
    """Raises `Problem` ``needs_review`` where several match: which one is meant is for a person to say."""
    number = phone_number(call.tenant, form.phone)
    write = customer_write(call, form, number)
    with one_at_a_time(call.tenant.id, number, form.email, deadline=call.deadline):
        if record := already_written(call, write):
            result = _created(call, record)
        else:
            found = find(call, form.phone, form.email) if find_first else []
            if len(found) > 1:
                raise needs_review(found)
            known = CreatedCustomer(created=False, customer=found[0]) if found else None
            result = known or _created(call, write_once(call, write))
    if form.contact_id:
        link_contact(call, result.customer.id, form.contact_id)
    return result


def needs_review(found: list[FoundCustomer]) -> Problem:
    candidates = [customer.model_dump(mode="json") for customer in found]
    return Problem("needs_review", f"{len(found)} customers match; nothing was written", candidates=candidates)


def customer_write(call: ActionContext, form: CreateCustomer, number: str | None) -> Write:
    body = customer_body(form, as_stored(number, call.tenant.country), call.write_id)

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


def _created(call: ActionContext, record: Json) -> CreatedCustomer:
    location = next(iter(record.get("locations") or locations_of(call, record["id"])), None)
    contacts = typed_contacts(record.get("contacts") or contacts_of(call, [record["id"]])[record["id"]])
    customer = typed(Customer, record | {"contacts": []}).model_copy(update={"contacts": contacts})
    return CreatedCustomer(created=True, customer=customer, location_id=location["id"] if location else None)


def customer_body(form: CreateCustomer, number: str | None, write_id: str) -> Json:
    address = form.address.model_dump()
    contacts = [{"type": "Phone", "value": number}] if number else []
    contacts += [{"type": "Email", "value": form.email}] if form.email else []
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
    return rows_of(call.get(LOCATIONS, {"customerId": customer_id, "sort": "+Id", "pageSize": 2}))
