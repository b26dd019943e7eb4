"""Bookings, at the tenant's booking provider."""

from pipelines.actions.context import BOOKINGS, ActionContext, Resource
from pipelines.actions.crm.customer_match import identifies_nobody
from pipelines.actions.crm.customers import contacts_for
from pipelines.actions.crm.identity import given
from pipelines.actions.crm.listings import rows_of, typed, written
from pipelines.actions.crm.write_once import Write, noted, of_other_writes, write_once
from pipelines.actions.schemas.fields import with_more
from pipelines.actions.schemas.inputs import CreateBooking
from pipelines.actions.schemas.results import Booking
from pipelines.actions.web.idempotency_keys import KEY_RETENTION
from pipelines.actions.web.problems import Problem
from pipelines.operations import stamp
from pipelines.servicetitan.api.responses import Json
from pipelines.settings import Tenant

BARE_KEY = """
select began_at from idempotency_keys where caller = ? and key = ? and bare_key = 1 and began_at >= ?
union all
select began_at from servicetitan_writes where write_id = ? and bare_key = 1 and began_at >= ?
"""


def create_booking(call: ActionContext, form: CreateBooking) -> Booking:
    """ServiceTitan may take one ``externalId`` twice, so that it is looked for first."""
    place, body = provider(call), booking_body(call, form)

    def look(_began: object) -> Json | None:
        return _known(call, place, call.write_id) or (_known(call, place, call.key) if _had_bare_key(call) else None)

    found = look(None)
    record = noted(call, found) if found else write_once(call, Write(place, lambda: call.post(place, body), look))
    return typed(Booking, record)


def _known(call: ActionContext, place: Resource, external_id: str) -> Json | None:
    found = rows_of(call.get(place, {"externalId": external_id}))
    rows = [row for row in found if row.get("externalId") == external_id]
    others = of_other_writes(call, place) if rows else ()
    return next((row for row in rows if row["id"] not in others), None)


def _had_bare_key(call: ActionContext) -> bool:
    """Whether this write began in a release that made a booking's ``externalId`` of the key alone."""
    since = stamp(call.now() - KEY_RETENTION)
    return call.services.store.row(BARE_KEY, call.by, call.key, since, call.write_id, since) is not None


def provider(call: ActionContext) -> Resource:
    """Raises `Problem` where the tenant has none."""
    if place := bookings_of(call.tenant):
        return place
    variable = call.tenant.variable("BOOKING_PROVIDER_ID")
    raise Problem("not_configured", f"{variable} is not set; ServiceTitan takes bookings only for a provider")


def bookings_of(tenant: Tenant) -> Resource | None:
    if tenant.booking_provider_id is None:
        return None
    return BOOKINGS.below(f"{tenant.booking_provider_id}/bookings")


def booking_body(call: ActionContext, form: CreateBooking) -> Json:
    """What identifies nobody, and further numbers, stand in the summary. Raises `Problem` where nothing is to go by."""
    person = given(form.name, form.phone, form.email, call.tenant.country)
    if not person.identifies and not form.address:
        raise identifies_nobody(person.left_out, call.tenant.country)
    address = {"address": form.address.model_dump()} if form.address else {}
    content = written(form, leave_out=("tenant", "phone", "email", "address"))
    content["summary"] = with_more(form.summary, [*(one.value for one in person.left_out), *person.others])
    return {**content, **address, "contacts": contacts_for(call, person), "externalId": call.write_id}
