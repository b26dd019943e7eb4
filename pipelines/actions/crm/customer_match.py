"""Which customers have this phone number or this e-mail address, asked live."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipelines.actions.context import CONTACT_METHODS, CONTACT_PERSONS, CONTACTS, CUSTOMERS, ActionContext
from pipelines.actions.crm.identity import Given, Known, LeftOut, doubts, given
from pipelines.actions.crm.listings import rows_of, typed
from pipelines.actions.crm.merges import batches, standing
from pipelines.actions.schemas.contact_values import national_digits, phones_of_contact
from pipelines.actions.schemas.results import Contact, Customer, FoundCustomer
from pipelines.actions.web.problems import Problem
from pipelines.analytics.customer_index import indexed
from pipelines.flow_builder.contact_points import readable_email

Json = dict[str, Any]
MAX_MATCHES = 200  # contacts or customers that a look-up may bring before it is refused as too wide


class TooManyMatch(Problem):
    def __init__(self, field: str) -> None:
        self.wrong = f"more than {MAX_MATCHES} records of ServiceTitan have the {field}"
        super().__init__("invalid_request", f"see errors: {field}", errors={field: [self.wrong]})


def find(call: ActionContext, person: Given) -> list[FoundCustomer]:
    """Active customers, by id. Raises `TooManyMatch`."""
    by_phone = _by_phone(call, person)
    by_email = standing(call, {*_ids_by_email(call, person.email)} - {row["id"] for row in by_phone})
    customers = {row["id"]: row for row in (*by_phone, *by_email)}
    contacts = contacts_of(call, customers)
    found = []
    for customer_id in sorted(customers):
        record = customers[customer_id] | {"contacts": contacts[customer_id], "matchedBy": []}
        customer = typed(FoundCustomer, record)
        if kinds := _matches(person, known(customer, call.tenant.country)):
            found.append(customer.model_copy(update={"matched_by": kinds}))
    return found


def match(call: ActionContext, person: Given) -> FoundCustomer | None:
    """Whose record it is; None: nobody's. Raises `Problem` ``needs_review`` where that is for a person to say."""
    try:
        found = find(call, person)
    except TooManyMatch as error:
        raise Problem(
            "needs_review", f"{error.wrong}: it identifies nobody; nothing was written", candidates=[]
        ) from None
    why = doubts(person, [known(one, call.tenant.country) for one in found])
    if why:
        raise needs_review(found, why)
    return found[0] if found else None


def needs_review(candidates: Sequence[FoundCustomer], why: dict[int, str]) -> Problem:
    told = [one.model_dump(mode="json") | {"why": why.get(one.id)} for one in candidates]
    reasons = "; ".join(f"customer {customer_id} {reason}" for customer_id, reason in why.items())
    return Problem("needs_review", f"{reasons}; nothing was written", candidates=told)


def person_of(call: ActionContext, name: str | None, phone: str | None, email: str | None) -> Given:
    """Raises `Problem` where nothing of it identifies anybody."""
    person = given(name, phone, email, call.tenant.country)
    if not person.identifies and person.left_out:
        raise identifies_nobody(person.left_out, call.tenant.country)
    return person


def identifies_nobody(left_out: Iterable[LeftOut], country: str) -> Problem:
    way_out = {
        "phone": f"give the person's own number; without a country's code it is read as one of {country}",
        "email": "give the person's own address",
    }
    errors = {one.field: [f"{one.value!r} identifies nobody: {one.why}; {way_out[one.field]}"] for one in left_out}
    return Problem("invalid_request", f"see errors: {', '.join(errors)}", errors=errors)


def known(customer: Customer, country: str) -> Known:
    """How ServiceTitan compares is not documented, so that what it gave is compared again."""
    phones = (phones_of_contact(one.type, one.value, one.memo, country) for one in customer.contacts)
    emails = (readable_email(one.value) for one in customer.contacts if one.type == "Email")
    places = (customer.address,) if customer.address else ()
    return Known(
        customer.id, customer.name or "", frozenset[Any]().union(*phones), frozenset(filter(None, emails)), places
    )


def _matches(person: Given, customer: Known) -> list[str]:
    return ["phone"] * customer.has_number(person.phone) + ["email"] * (person.email in customer.emails)


def contacts_of(call: ActionContext, customer_ids: Iterable[int]) -> dict[int, list[Json]]:
    found: dict[int, list[Json]] = {customer_id: [] for customer_id in customer_ids}
    for ids in batches(found):
        for row in rows_of(call.get(CONTACTS, {"customerIds": ids, "pageSize": 5000})):
            if row.get("active") is not False:
                found.setdefault(row["customerId"], []).append(row)
    return found


def typed_contacts(rows: Iterable[Json]) -> list[Contact]:
    return [typed(Contact, row) for row in rows]


def _by_phone(call: ActionContext, person: Given) -> list[Json]:
    """Active ones only, which is ServiceTitan's default."""
    if person.phone is None:
        return []
    answer = call.get(CUSTOMERS, {"phone": national_digits(person.phone.number), "pageSize": MAX_MATCHES})
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
    persons = {row["contactId"] for row in rows_of(answer) if readable_email(str(row.get("value"))) == email}
    for person in sorted(persons):
        related = call.get(
            CONTACT_PERSONS.below(f"{person}/relationships"), {"typeSlug": "customer", "pageSize": MAX_MATCHES}
        )
        yield from (row["relatedEntityId"] for row in rows_of(related))


def _refuse_if_too_wide(answer: Json, field: str) -> None:
    if answer.get("hasMore"):
        raise TooManyMatch(field)
