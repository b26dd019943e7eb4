"""Which customers have this phone number or this e-mail address, asked live."""

from collections.abc import Iterable, Iterator
from typing import Any

from pipelines.actions.context import CONTACT_METHODS, CONTACT_PERSONS, CONTACTS, CUSTOMERS, ActionContext
from pipelines.actions.crm.listings import IDS_BATCH, rows_of, typed
from pipelines.actions.schemas.contact_values import e164, national_digits
from pipelines.actions.schemas.results import Contact, FoundCustomer
from pipelines.actions.web.problems import Problem
from pipelines.addresses import email_address
from pipelines.analytics.customer_index import indexed
from pipelines.settings import Tenant

Json = dict[str, Any]
MAX_MATCHES = 200  # contacts or customers that a look-up may bring before it is refused as too wide
MAX_MERGES = 10  # of merges


def find(call: ActionContext, phone: str | None, email: str | None) -> list[FoundCustomer]:
    """Active customers, by id. ``email`` is in the form of `email_address`. Raises `Problem` for a wrong phone."""
    number = phone_number(call.tenant, phone)
    by_phone = _by_phone(call, number)
    by_email = _standing(call, {*_ids_by_email(call, email)} - {row["id"] for row in by_phone})
    customers = {row["id"]: row for row in (*by_phone, *by_email)}
    contacts = contacts_of(call, customers)
    found = []
    for customer_id in sorted(customers):
        kinds = matches(contacts[customer_id], number, email, call.tenant.country)
        if kinds:
            record = customers[customer_id] | {"contacts": contacts[customer_id], "matchedBy": kinds}
            found.append(typed(FoundCustomer, record))
    return found


def phone_number(tenant: Tenant, phone: str | None) -> str | None:
    """In E.164; raises `Problem`."""
    if phone is None:
        return None
    if number := e164(phone, tenant.country):
        return number
    wrong = f"expected a phone number; without a country code it is read as one of {tenant.country}"
    raise Problem("invalid_request", "see errors: phone", errors={"phone": [wrong]})


def matches(contacts: Iterable[Json], number: str | None, email: str | None, country: str) -> list[str]:
    """How ServiceTitan compares is not documented, so that what it gave is compared again."""
    kinds = set()
    for contact in contacts:
        value = str(contact.get("value") or "")
        if contact.get("type") == "Email":
            kinds |= {"email"} if email and email_address(value) == email else set()
        elif number and e164(value, country) == number:
            kinds.add("phone")
    return sorted(kinds, reverse=True)


def contacts_of(call: ActionContext, customer_ids: Iterable[int]) -> dict[int, list[Json]]:
    found: dict[int, list[Json]] = {customer_id: [] for customer_id in customer_ids}
    for ids in _batches(found):
        for row in rows_of(call.get(CONTACTS, {"customerIds": ids, "pageSize": 5000})):
            if row.get("active") is not False:
                found.setdefault(row["customerId"], []).append(row)
    return found


def typed_contacts(rows: Iterable[Json]) -> list[Contact]:
    return [typed(Contact, row) for row in rows]


def _by_phone(call: ActionContext, number: str | None) -> list[Json]:
    """Active ones only, which is ServiceTitan's default."""
    if number is None:
        return []
    answer = call.get(CUSTOMERS, {"phone": national_digits(number, call.tenant.country), "pageSize": MAX_MATCHES})
    _refuse_if_too_wide(answer, "phone")
    return rows_of(answer)


def _ids_by_email(call: ActionContext, email: str | None) -> Iterator[int]:
    """ServiceTitan cannot filter customers by e-mail: over its contact persons, and over our copy of the contacts."""
    if email is None:
        return
    with call.services.store.reading() as con:
        yield from indexed(con, call.tenant.id, "email", email, call.tenant.country)
    answer = call.get(CONTACT_METHODS, {"type": "Email", "value": email, "pageSize": MAX_MATCHES})
    _refuse_if_too_wide(answer, "email")
    persons = {row["contactId"] for row in rows_of(answer) if email_address(str(row.get("value"))) == email}
    for person in sorted(persons):
        related = call.get(
            CONTACT_PERSONS.below(f"{person}/relationships"), {"typeSlug": "customer", "pageSize": MAX_MATCHES}
        )
        yield from (row["relatedEntityId"] for row in rows_of(related))


def _standing(call: ActionContext, ids: Iterable[int]) -> list[Json]:
    """The active customers of these ids; one that was merged away stands for its survivor."""
    wanted, seen, standing = set(ids), set[int](), list[Json]()
    for _ in range(MAX_MERGES):
        rows = [row for batch in _batches(wanted - seen) for row in _customers(call, batch)]
        seen |= wanted
        standing += [row for row in rows if row.get("active") is not False]
        wanted = {row["mergedToId"] for row in rows if row.get("active") is False and row.get("mergedToId")}
        if not wanted - seen:
            break
    return standing


def _customers(call: ActionContext, ids: str) -> list[Json]:
    return rows_of(call.get(CUSTOMERS, {"ids": ids, "active": "Any", "pageSize": IDS_BATCH}))


def _batches(ids: Iterable[int]) -> Iterator[str]:
    ordered = sorted(ids)
    for first in range(0, len(ordered), IDS_BATCH):
        yield ",".join(map(str, ordered[first : first + IDS_BATCH]))


def _refuse_if_too_wide(answer: Json, field: str) -> None:
    if answer.get("hasMore"):
        wrong = f"more than {MAX_MATCHES} records of ServiceTitan match"
        raise Problem("invalid_request", f"see errors: {field}", errors={field: [wrong]})
