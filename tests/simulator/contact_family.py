"""The newer contact family under GUIDs: a contact for each customer, a method for each of their addresses and numbers.

An e-mail address leads to a customer by contact-methods (``type=Email``, ``value``), then the contact's relationships.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from uuid import NAMESPACE_URL, uuid5

from tests.simulator.answers import Page
from tests.simulator.details import Detail
from tests.simulator.filters import CHANGED, Filter, before, boolean, contains, number, since, text
from tests.simulator.ledger import Unknown
from tests.simulator.listing import PAGING, cut, ordered, parsed
from tests.simulator.records import USER
from tests.simulator.tables import Row
from tests.simulator.visit import Visit
from tests.simulator.wire import Record, dumps
from tests.simulator.world import Company

SCOPE = "tn.crm.contacts"
CONTACT_FILTERS: dict[str, Filter] = {
    "name": contains("name"),
    "title": contains("title"),
    "referenceId": text("referenceId"),
    "isArchived": boolean("isArchived"),
    **CHANGED,
}
METHOD_FILTERS: dict[str, Filter] = {
    "contactId": text("contactId"),
    "referenceId": text("referenceId"),
    "type": text("type"),
    **CHANGED,
}


RELATIONSHIP_FILTERS: dict[str, Filter] = {
    "relatedEntityId": number("relatedEntityId"),
    "typeSlug": text("typeSlug"),
    "typeName": text("typeName"),
    "createdOnOrAfter": since("createdOn"),
    "createdBefore": before("createdOn"),
}


@lru_cache(maxsize=1 << 16)
def _guid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def guid(company: Company, kind: str, key: int) -> str:
    return _guid(f"{company.tenant_id}/{kind}/{key}")


def contacts(visit: Visit) -> Page:
    return _page(visit, _contacts(visit.company), CONTACT_FILTERS)


def contact(visit: Visit) -> Record:
    return _found(visit, _contacts(visit.company)).record


def contacts_of_entity(visit: Visit) -> Page:
    """Of a customer, by the customer's own id."""
    wanted = guid(visit.company, "contact", visit.path["id"])
    return _page(visit, (row for row in _contacts(visit.company) if row.record["id"] == wanted), CONTACT_FILTERS)


def relationships(visit: Visit) -> Page:
    own = _found(visit, _contacts(visit.company))
    company, wanted = visit.company, own.record["id"]
    customer = next(c for c in company.records("customers") if guid(company, "contact", c["id"]) == wanted)
    relationship = {
        "id": guid(visit.company, "relationship", customer["id"]),
        "relatedEntityId": customer["id"],
        "typeName": "Customer",
        "typeSlug": "customer",
        "createdOn": customer["createdOn"],
        "createdBy": USER,
    }
    return _page(visit, [Row(relationship, 0, 0)], RELATIONSHIP_FILTERS)


def methods(visit: Visit) -> Page:
    """``value`` is compared without regard to case, exactly or in part: ServiceTitan does not say which."""
    return _page(visit, _methods(visit.company), _method_filters(visit))


def methods_of_contact(visit: Visit) -> Page:
    wanted = str(visit.path["guid"])
    return _page(
        visit, (row for row in _methods(visit.company) if row.record["contactId"] == wanted), _method_filters(visit)
    )


def _method_filters(visit: Visit) -> dict[str, Filter]:
    exactly = visit.switches.contact_value == "exact"
    return {**METHOD_FILTERS, "value": text("value") if exactly else contains("value")}


def _contacts(company: Company) -> Iterable[Row]:
    for row in company.tables["customers"].rows.values():
        customer = row.record
        record = {
            "id": guid(company, "contact", customer["id"]),
            "referenceId": None,
            "name": customer["name"],
            "title": None,
            "isArchived": not customer["active"],
            **_authors(customer),
        }
        yield Row(record, row.ticks, row.position)


def _methods(company: Company) -> Iterable[Row]:
    for row in company.tables["customer_contacts"].rows.values():
        if row.record["active"]:
            record = {
                "id": guid(company, "method", row.record["id"]),
                "contactId": guid(company, "contact", row.record["customerId"]),
                "referenceId": None,
                **{name: row.record.get(name) for name in ("type", "value", "memo")},
                **_authors(row.record),
            }
            yield Row(record, row.ticks, row.position)


def _authors(record: Record) -> Record:
    stamps = {name: record[name] for name in ("createdOn", "modifiedOn")}
    return {**stamps, "createdBy": USER, "modifiedBy": USER}


def _found(visit: Visit, rows: Iterable[Row]) -> Row:
    wanted = str(visit.path["guid"])
    row = next((row for row in rows if row.record["id"] == wanted), None)
    if row is None:
        raise Unknown(f"contacts has no record {wanted}")
    return row


def _page(visit: Visit, rows: Iterable[Row], filters: Mapping[str, Filter]) -> Page:
    tests = [parsed(make, visit.params, name) for name, make in filters.items() if visit.params.get(name)]
    kept = [row for row in rows if all(test(row) for test in tests)]
    return cut(ordered(kept, visit.params), visit.params, visit.switches, lambda row: dumps(row.record))


ORDERED = PAGING | {"sort"}
OF_CONTACTS = ORDERED | CONTACT_FILTERS.keys()
OF_METHODS = ORDERED | METHOD_FILTERS.keys() | {"value"}
CONTACT_DETAILS = (
    Detail("crm", "contacts", SCOPE, contacts, OF_CONTACTS),
    Detail("crm", "contacts/contact-methods", SCOPE, methods, OF_METHODS),
    Detail("crm", "contacts/relationships/{id:int}", SCOPE, contacts_of_entity, OF_CONTACTS),
    Detail("crm", "contacts/{guid:uuid}", SCOPE, contact),
    Detail("crm", "contacts/{guid:uuid}/contact-methods", SCOPE, methods_of_contact, OF_METHODS - {"contactId"}),
    Detail("crm", "contacts/{guid:uuid}/relationships", SCOPE, relationships, ORDERED | RELATIONSHIP_FILTERS.keys()),
)
