"""The contacts: made here, linked to a customer of ServiceTitan, their state set, and what was logged of it."""

import re
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.simulator.flow_builder.api import Outcome
from tests.simulator.flow_builder.canvas import STATES
from tests.simulator.flow_builder.contacts import Contact
from tests.simulator.flow_builder.pages.forms import fields, go_above, go_to, own
from tests.simulator.flow_builder.pages.received import mapping
from tests.simulator.flow_builder.pages.rendering import html, listing
from tests.simulator.flow_builder.studio import Studio

LONGEST = 200
NUMBER = re.compile(r"[\d\s().+/-]+((x|ext\.?)\s*\d+)?", re.IGNORECASE)
DIGITS = 7  # of a phone number, at least
LINKED = "tick “move the link, where there is another” to move it"


class ContactPages:
    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/contacts", self.contacts, methods=["GET"]),
            Route("/contacts", own(self.make), methods=["POST"]),
            Route("/contacts/{id}", self.contact, methods=["GET"]),
            Route("/contacts/{id}/find", own(self.find), methods=["POST"]),
            Route("/contacts/{id}/find", go_above, methods=["GET"]),
            Route("/contacts/{id}/link", own(self.link), methods=["POST"]),
            Route("/contacts/{id}/state", own(self.set_state), methods=["POST"]),
        ]

    async def contacts(self, request: Request) -> Response:
        return self._everyone(request)

    async def make(self, request: Request) -> Response:
        form = {name: value[:LONGEST] for name, value in (await fields(request)).items()}
        email = form.get("email", "")
        name = form.get("name", "") or email or "Nobody in particular"
        phone = form.get("phone", "")
        if phone and not (NUMBER.fullmatch(phone) and sum(map(str.isdigit, phone)) >= DIGITS):
            words = f"“{phone}” is no phone number: write {DIGITS} digits at least, such as (213) 555-2823"
            return self._everyone(request, form, words)
        contact = self.studio.contacts.add(Contact(name, email, phone))
        return go_to(f"/contacts/{contact.id}")

    async def contact(self, request: Request) -> Response:
        contact = self._contact(request)
        if contact is None:
            return self._missing()
        state = await run_in_threadpool(self._state, contact) if contact.customer_id else None
        return html(
            "contact.html",
            here="contacts",
            studio=self.studio,
            contact=contact,
            state=state,
            states=STATES,
            found=None,
            problem="",
            tenant=contact.tenant or self.studio.tenants[0],
            tenants=await run_in_threadpool(self.studio.connected),
        )

    async def find(self, request: Request) -> Response:
        """Who has the contact's address or number in ServiceTitan?"""
        contact, form = self._contact(request), await fields(request)
        if contact is None:
            return self._missing()
        tenant = form.get("tenant", "")
        outcome = await run_in_threadpool(self._customers, contact, tenant)
        found = mapping(outcome.body).get("customers", []) if outcome.is_good else None
        return html(
            "contact.html",
            here="contacts",
            studio=self.studio,
            contact=contact,
            state=None,
            states=STATES,
            found=found,
            problem=outcome.problem,
            tenant=tenant,
            tenants=await run_in_threadpool(self.studio.connected),
        )

    async def link(self, request: Request) -> Response:
        contact, form = self._contact(request), await fields(request)
        if contact is None:
            return self._missing()
        await run_in_threadpool(self._link, contact, form)
        return go_to(f"/contacts/{contact.id}")

    async def set_state(self, request: Request) -> Response:
        contact, form = self._contact(request), await fields(request)
        if contact is None:
            return self._missing()
        await run_in_threadpool(self._set_state, contact, form)
        return go_to(f"/contacts/{contact.id}")

    def _everyone(self, request: Request, form: dict[str, str] | None = None, problem: str = "") -> Response:
        everyone = self.studio.contacts.all()
        texts = [f"{one.name} {one.email} {one.phone} {one.tenant} {one.customer_id or ''}" for one in everyone]
        return html(
            "contacts.html",
            status=422 if problem else 200,
            here="contacts",
            studio=self.studio,
            found=listing(everyone, texts, request.query_params),
            typed=form or {},
            problem=problem,
        )

    def _contact(self, request: Request) -> Contact | None:
        return self.studio.contacts.find(request.path_params["id"])

    def _missing(self) -> Response:
        return html("missing.html", status=404, here="contacts", studio=self.studio, what="such a contact")

    def _customers(self, contact: Contact, tenant: str) -> Outcome:
        asked = {"phone": contact.phone, "email": contact.email}
        params = {name: value for name, value in asked.items() if value} | {"tenant": tenant}
        return self.studio.api.call("GET", "/customers", params=params)

    def _state(self, contact: Contact) -> Outcome:
        path = f"/customers/{contact.customer_id}/state"
        return self.studio.api.call("GET", path, params={"tenant": contact.tenant})

    def _link(self, contact: Contact, form: dict[str, str]) -> None:
        before, typed = contact.tenant, form.get("customer_id", "")
        contact.linking = form
        if not typed.isascii() or not typed.isdigit():
            self.studio.note(contact, f"{typed!r} is no customer id of ServiceTitan: that is a number", is_good=False)
            return
        contact.tenant = form.get("tenant", "")
        asked = {"customer_id": int(typed), "contact_id": contact.id, "replace": "replace" in form}
        outcome = self.studio.api.act("servicetitan_link_contact", contact.tenant, asked, str(uuid4()))
        if not outcome.is_good:
            contact.tenant = before
            self.studio.note(contact, outcome.problem.replace("replace: true moves the link", LINKED), is_good=False)
            return
        contact.customer_id, contact.linking = int(outcome.body["customer_id"]), {}
        contact.customer_name = self._name(contact)
        whom = f"{contact.tenant} {contact.customer_id} {contact.customer_name}".rstrip()
        self.studio.note(contact, f"linked to {whom}, {outcome.body['takes_effect']}")

    def _name(self, contact: Contact) -> str:
        """Nothing where ServiceTitan does not say it now."""
        asked = {"customer_id": contact.customer_id}
        outcome = self.studio.api.act("servicetitan_get_customer", contact.tenant, asked, str(uuid4()))
        return str(outcome.body["name"]) if outcome.is_good else ""

    def _set_state(self, contact: Contact, form: dict[str, str]) -> None:
        """And a sync is asked for, so that nobody has to wait for the next one."""
        if contact.customer_id is None:
            self.studio.note(contact, "link the contact to a customer first", is_good=False)
            return
        contact.setting = form
        state = form.get("state", "")
        number = float(state) if state in {str(one) for one, *_ in STATES} else state
        asked = {"customer_id": contact.customer_id, "state": number, "reason": form.get("reason", "")}
        outcome = self.studio.act(contact, "servicetitan_update_state", **asked, start_flow="start_flow" in form)
        if not outcome.is_good:
            return
        update = outcome.body["update"]
        self.studio.note(contact, f"state set to {update['state']:g} {update['state_name']}")
        sync = self.studio.api.call("POST", "/sync", json={"tenant": contact.tenant})
        words = "a sync was asked for; the transition is logged when it ends"
        self.studio.note(contact, words if sync.is_good else f"no sync was started: {sync.problem}", sync.is_good)
