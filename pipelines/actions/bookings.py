"""Bookings, at the tenant's booking provider."""

from pipelines.actions.contacts import as_stored
from pipelines.actions.find import phone_number
from pipelines.actions.inputs import CreateBooking
from pipelines.actions.office import BOOKINGS, Call, Resource
from pipelines.actions.once import Write, write_once
from pipelines.actions.problems import Problem
from pipelines.actions.records import rows_of, typed, written
from pipelines.actions.results import Booking
from pipelines.servicetitan.answers import Json


def create_booking(call: Call, form: CreateBooking) -> Booking:
    """ServiceTitan may take one ``externalId`` twice, so that it is looked for first."""
    place, body = provider(call), booking_body(call, form)

    def look(_began: object) -> Json | None:
        rows = rows_of(call.get(place, {"externalId": call.key}))
        return next((row for row in rows if row.get("externalId") == call.key), None)

    return typed(Booking, look(None) or write_once(call, Write(place, lambda: call.post(place, body), look)))


def provider(call: Call) -> Resource:
    """Raises `Problem` where the tenant has none."""
    if call.tenant.booking_provider_id is None:
        variable = f"SERVICETITAN_TENANTS__{call.tenant.name.upper()}__BOOKING_PROVIDER_ID"
        raise Problem("not_configured", f"{variable} is not set; ServiceTitan takes bookings only for a provider")
    return BOOKINGS.below(f"{call.tenant.booking_provider_id}/bookings")


def booking_body(call: Call, form: CreateBooking) -> Json:
    number = as_stored(phone_number(call.tenant, form.phone), call.tenant.country)
    contacts = [{"type": "Phone", "value": number}] if number else []
    contacts += [{"type": "Email", "value": form.email}] if form.email else []
    address = {"address": form.address.model_dump()} if form.address else {}
    content = written(form, leave_out=("tenant", "phone", "email", "address"))
    return {**content, **address, "contacts": contacts, "externalId": call.key}
