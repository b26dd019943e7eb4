"""What the CRM's write endpoints do to the world, and what they answer."""

from typing import Any

from tests.simulator import bodies
from tests.simulator.customers import BOOKING_PROVIDER, CAMPAIGN
from tests.simulator.ledger import Refused, Unknown
from tests.simulator.visit import Visit
from tests.simulator.wire import Record, written


def create_customer(visit: Visit, body: bodies.CreateCustomer) -> Record:
    """Contacts given on a location are copied to the customer as records of their own."""
    company, fields = visit.company, body.model_dump(exclude_none=True, exclude={"locations", "contacts"})
    fields["address"] = body.address.model_dump()
    fields["externalData"] = external_data([], body.externalData)
    customer_id = company.add_bare_customer(**fields)
    contacts = [company.add_contact(customer_id, **contact.model_dump()) for contact in body.contacts or []]
    locations = [_create_location(visit, customer_id, location, contacts) for location in body.locations]
    shown = [company.get("customer_contacts", (customer_id, contact_id)) for contact_id in contacts]
    return {**visit.shown("customers", customer_id), "locations": locations, "contacts": [_brief(c) for c in shown]}


def update_customer(visit: Visit, body: bodies.UpdateCustomer) -> Record:
    customer_id, fields = visit.path["id"], body.given()
    if fields.pop("active", True) is False:
        raise Refused("active", "A customer cannot be deactivated through the API.")
    old = visit.company.get("customers", customer_id)
    if body.externalData is not None:
        fields["externalData"] = external_data(old["externalData"], body.externalData)
    visit.company.update_customer(customer_id, **fields)
    return visit.shown("customers", customer_id)


def add_contact(visit: Visit, body: bodies.NewContact) -> Record:
    customer_id = visit.path["id"]
    return _contact(visit, visit.company.add_contact(customer_id, **body.model_dump()))


def update_contact(visit: Visit, body: bodies.ContactUpdate) -> Record:
    visit.company.update_contact(visit.path["contact"], visit.path["id"], **body.given())
    return _contact(visit, visit.path["contact"])


def delete_contact(visit: Visit, _body: bodies.Nothing) -> None:
    visit.company.delete_contact(visit.path["contact"], visit.path["id"])


def create_lead(visit: Visit, body: bodies.CreateLead) -> Record:
    if body.callReasonId is None and body.followUpDate is None:
        raise Refused("callReasonId", "Either callReasonId or followUpDate is required.")
    must_exist(visit, customers=("customerId", body.customerId), locations=("locationId", body.locationId))
    fields = body.given() | {"followUpDate": written(body.followUpDate)}
    if body.bookingId is not None:
        must_exist(visit, bookings=("bookingId", body.bookingId))
        visit.company.dismiss_booking(body.bookingId)
    lead_id = visit.company.add_lead(fields.pop("customerId", None), **fields)
    return visit.shown("leads", lead_id)


def submit_lead_form(visit: Visit, body: bodies.LeadForm) -> Record:
    address = body.address.model_dump() if body.address else {}
    place = {f"lead{part.capitalize()}": address.get(part) for part in ("street", "unit", "city", "state", "zip")}
    contact = {"leadCustomerName": body.name, "leadEmail": body.email, "leadPhone": body.phoneNumber}
    lead_id = visit.company.add_lead(None, **place, **contact, campaignId=CAMPAIGN, summary=body.summary)
    return {"leadId": lead_id}


def update_lead(visit: Visit, body: bodies.LeadUpdate) -> Record:
    visit.company.change("leads", visit.path["id"], **body.given())
    return visit.shown("leads", visit.path["id"])


def dismiss_lead(visit: Visit, body: bodies.DismissLead) -> None:
    visit.company.dismiss_lead(visit.path["id"], body.dismissingReasonId)


def follow_up(visit: Visit, body: bodies.FollowUp) -> Record:
    date = written(body.followUpDate)
    visit.company.change("leads", visit.path["id"], followUpDate=date)
    return {"leadId": visit.path["id"], "followUpDate": date, "text": body.text, "pinToTop": bool(body.pinToTop)}


def create_booking(visit: Visit, body: bodies.CreateBooking) -> Record:
    """The same externalId may come twice."""
    check_provider(visit)
    if body.address is None and not body.contacts:
        raise Refused("contacts", "An address or a contact is required.")
    fields = body.model_dump(exclude={"contacts", "externalId", "start"})
    booking_id = visit.company.add_booking(body.externalId, start=body.start, **fields)
    for contact in body.contacts or []:
        add_booking_contact(visit, contact, booking_id)
    return visit.shown("bookings", booking_id)


def add_booking_contact(visit: Visit, body: bodies.NewContact, booking_id: int | None = None) -> Record:
    booking_id, company = booking_id or visit.path["id"], visit.company
    company.get("bookings", booking_id)
    contact = {"id": company.new_id(), "bookingId": booking_id, **body.model_dump(), "memo": body.memo or ""}
    contact_id = company.insert("booking_contacts", {**contact, "modifiedOn": None})
    return {name: value for name, value in company.get("booking_contacts", contact_id).items() if name != "bookingId"}


def dismiss_booking(visit: Visit, _body: bodies.DismissBooking) -> None:
    check_provider(visit)
    visit.company.dismiss_booking(visit.path["id"])


def check_provider(visit: Visit) -> None:
    if visit.path["provider"] != BOOKING_PROVIDER:
        raise Unknown(f"there is no booking provider {visit.path['provider']}")


def must_exist(visit: Visit, **references: tuple[str, int | None]) -> None:
    """A table with the name of a field and the id that it must hold; None is left alone."""
    for table, (field, key) in references.items():
        if key is not None and key not in visit.company.tables[table].rows:
            raise Refused(field, f"There is no such record: {key}.")


def external_data(old: list[Record], new: bodies.ExternalData | None) -> list[Record]:
    if new is None:
        return old
    items = [item.model_dump() for item in new.externalData]
    keys = {item["key"] for item in items}
    return [*(item for item in old if new.patchMode == "Merge" and item["key"] not in keys), *items]


def _create_location(visit: Visit, customer_id: int, body: bodies.NewLocation, contacts: list[int]) -> Record:
    company = visit.company
    location_id = company.add_location(customer_id, body.name, body.address.model_dump())
    own = [{"id": company.new_id(), **contact.model_dump()} for contact in body.contacts or []]
    contacts += [company.add_contact(customer_id, **contact.model_dump()) for contact in body.contacts or []]
    return {**visit.shown("locations", location_id), "contacts": own}


def _brief(contact: Record) -> Record:
    return {"id": contact["id"], "type": contact["type"], "value": contact["value"], "memo": contact.get("memo")}


def _contact(visit: Visit, contact_id: int) -> Record:
    contact: dict[str, Any] = visit.shown("customer_contacts", (visit.path["id"], contact_id))
    return {name: value for name, value in contact.items() if name != "customerId"}
