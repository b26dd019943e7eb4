"""What happens to customers: they come, change, ask, are merged, and lose their contacts."""

from datetime import datetime
from typing import Any

from tests.simulator import records
from tests.simulator.catalogue import AREA_CODES, CITIES, FIRST_NAMES, LAST_NAMES, MAIL_DOMAIN, STREETS, line_of_555
from tests.simulator.ledger import Ledger, Refused, Unknown
from tests.simulator.wire import Record, written

CAMPAIGN, BOOKING_PROVIDER = 3301, 5501
CAMPAIGNS_IN_USE = 4  # from that one on


class CustomerVerbs(Ledger):
    def add_customer(
        self,
        name: str | None = None,
        *,
        phone: str | None = None,
        mobile: str | None = None,
        email: str | None = None,
        **fields: Any,
    ) -> int:
        """With one location, and a contact for each of phone, mobile and email that is given."""
        customer_id = self.add_bare_customer(**fields, **({"name": name} if name else {}))
        customer = self.get("customers", customer_id)
        self.add_location(customer_id, customer["name"], customer["address"])
        for kind, value in (("Phone", phone), ("MobilePhone", mobile), ("Email", email)):
            if value is not None:
                self.add_contact(customer_id, kind, value)
        return customer_id

    def add_bare_customer(self, **fields: Any) -> int:
        """Without location and contacts."""
        customer_id = self.new_id()
        made_up = {"name": _name(customer_id), "address": _address(customer_id)}
        return self.insert("customers", records.customer(id=customer_id, **(made_up | fields)))

    def add_household(self) -> int:
        """A customer with a made-up phone number and e-mail address, as a call centre enters one."""
        customer_id = self.add_customer()
        name = str(self.get("customers", customer_id)["name"])
        self.add_contact(customer_id, "MobilePhone", _phone(customer_id))
        self.add_contact(customer_id, "Email", f"{name.lower().replace(' ', '.')}.{customer_id}@{MAIL_DOMAIN}")
        return customer_id

    def update_customer(self, customer_id: int, **fields: Any) -> None:
        self.change("customers", customer_id, **fields)

    def deactivate_customer(self, customer_id: int) -> None:
        self.change("customers", customer_id, active=False)

    def merge_customers(self, loser: int, survivor: int) -> None:
        """The loser's contacts are copied to the survivor under the same ids; its jobs stay where they were."""
        for contact in self.children("customer_contacts", "customerId", loser):
            self.insert("customer_contacts", {**contact, "customerId": survivor, "modifiedOn": None})
        self.change("customers", loser, active=False, mergedToId=survivor)

    def add_location(self, customer_id: int, name: str, address: Record, **fields: Any) -> int:
        location = records.location(id=self.new_id(), customerId=customer_id, name=name, address=address, **fields)
        return self.insert("locations", location)

    def add_contact(self, customer_id: int, type: str, value: str, **fields: Any) -> int:
        self.get("customers", customer_id)
        contact = records.customer_contact(id=self.new_id(), customerId=customer_id, type=type, value=value, **fields)
        return self.insert("customer_contacts", contact)

    def update_contact(self, contact_id: int, customer_id: int | None = None, **fields: Any) -> None:
        self.change("customer_contacts", self._contact_key(contact_id, customer_id), **fields)

    def delete_contact(self, contact_id: int, customer_id: int | None = None, trace: bool = False) -> None:
        """Without a trace no endpoint ever mentions it again; with one it stays as inactive."""
        key = self._contact_key(contact_id, customer_id)
        if trace:
            self.change("customer_contacts", key, active=False)
        else:
            self.remove("customer_contacts", key)

    def add_lead(self, customer_id: int | None = None, **fields: Any) -> int:
        campaign = CAMPAIGN + (customer_id or 0) % CAMPAIGNS_IN_USE
        defaults = {"campaignId": campaign, "summary": "Asked for a price", "callReasonId": 7}
        return self.insert("leads", records.lead(id=self.new_id(), customerId=customer_id, **(defaults | fields)))

    def dismiss_lead(self, lead_id: int, reason_id: int = 1) -> None:
        if self.get("leads", lead_id)["status"] == "Converted":
            raise Refused("id", f"lead {lead_id} is already converted")
        self.change("leads", lead_id, status="Dismissed", dismissingReasonId=reason_id)

    def link_lead(self, lead_id: int, customer_id: int) -> None:
        self.change("leads", lead_id, customerId=customer_id)

    def add_booking(self, external_id: str, *, start: datetime | str | None = None, **fields: Any) -> int:
        defaults = {"source": "web", "name": "A visitor", "bookingProviderId": BOOKING_PROVIDER}
        start = written(start or self.now())
        booking = records.booking(id=self.new_id(), externalId=external_id, start=start, **(defaults | fields))
        return self.insert("bookings", booking)

    def dismiss_booking(self, booking_id: int, reason_id: int = 1) -> None:
        self.change("bookings", booking_id, status="Dismissed", dismissingReasonId=reason_id)

    def location_of(self, customer_id: int) -> int:
        return int(self.children("locations", "customerId", customer_id)[0]["id"])

    def _contact_key(self, contact_id: int, customer_id: int | None) -> tuple[int, int]:
        """After a merge two customers have a contact of the same id; without a customer the first is meant."""
        if customer_id is not None and (customer_id, contact_id) in self.tables["customer_contacts"].rows:
            return customer_id, contact_id
        for key in self.tables["customer_contacts"].rows:
            if key[1] == contact_id and customer_id in (None, key[0]):
                return int(key[0]), contact_id
        raise Unknown(f"customer_contacts has no record {contact_id}")


def _name(number: int) -> str:
    first, last = FIRST_NAMES.split(), LAST_NAMES.split()
    return f"{first[number // 7 % len(first)]} {last[number // 119 % len(last)]}"


def _address(number: int) -> Record:
    city, state, zip_code = CITIES[number // 7 % len(CITIES)]
    street = f"{100 + number % 9000} {STREETS[number // 11 % len(STREETS)]}"
    place = {"street": street, "unit": None, "city": city, "state": state, "zip": zip_code, "country": "USA"}
    return place | {"latitude": None, "longitude": None}


def _phone(number: int) -> str:
    """Offices type numbers as they like."""
    area, line = AREA_CODES[number // 7 % len(AREA_CODES)], line_of_555(number // 7)
    forms = (f"({area}) 555-{line}", f"{area}-555-{line}", f"{area}555{line}", f"+1 {area} 555 {line}")
    return forms[number // 7 % 4]
