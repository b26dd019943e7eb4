"""What becomes of an inbound lead: a customer, a lead in ServiceTitan, a link; each step is on disk before the next."""

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

import orjson

from pipelines.actions.context import ActionContext, Services
from pipelines.actions.crm.contact_links import link_if_theirs
from pipelines.actions.crm.customer_match import contacts_of, known, typed_contacts
from pipelines.actions.crm.customers import found_or_created, locations_of, turn_of
from pipelines.actions.crm.identity import NAMELESS, Given, Known, lacking, written
from pipelines.actions.crm.keyed_lock import one_at_a_time
from pipelines.actions.crm.leads import create_lead
from pipelines.actions.crm.listings import typed
from pipelines.actions.crm.merges import current
from pipelines.actions.crm.places import is_among, one_line
from pipelines.actions.inbound_leads.forms import InboundLead, person_in
from pipelines.actions.inbound_leads.queue import UNREACHABLE, QueuedLead
from pipelines.actions.inbound_leads.statuses import DONE, NEEDS_REVIEW, REJECTED
from pipelines.actions.schemas.fields import with_more
from pipelines.actions.schemas.inputs import CreateCustomer, CreateLead, NewAddress
from pipelines.actions.schemas.results import Address, CreatedCustomer, Customer
from pipelines.actions.web.idempotency_keys import UNSETTLED
from pipelines.actions.web.problems import Problem
from pipelines.actions.web.servicetitan_problems import as_problem
from pipelines.operations import OperationsError
from pipelines.servicetitan.api.errors import ServiceTitanError
from pipelines.servicetitan.api.responses import Json
from pipelines.settings import Tenant

log = logging.getLogger("pipelines.actions.leads")

MAX_SLEEP = timedelta(seconds=2)
NO_CONTACT = "what was sent as contact_id is no UUID: nothing was linked; it stands in the summary"
PARTING = 3  # seconds, in which steps under way may end


class LeadWorker:
    """One thread per tenant, so that a tenant whose ServiceTitan is down holds up no other."""

    def __init__(self, services: Services) -> None:
        self._services, self._queue = services, services.lead_queue
        self._over = threading.Event()
        self._threads: dict[int, threading.Thread] = {}  # by tenant
        self._supervisor = threading.Thread(target=self._supervise, name="leads", daemon=True)

    def start(self) -> None:
        self._supervisor.start()

    def stop(self) -> None:
        """Ends after the step that is under way; what is left is done at the next start."""
        deadline = time.monotonic() + PARTING
        self._over.set()
        self._supervisor.join(PARTING)
        for tenant_id in self._threads:
            self._queue.news[tenant_id].set()
        for thread in self._threads.values():
            thread.join(max(0.0, deadline - time.monotonic()))

    def _supervise(self) -> None:
        """A thread for every tenant that has none, also for one that comes later. Never two: they would do one lead
        twice."""
        while not self._over.is_set():
            with suppress(OperationsError):  # who works on a lead says it
                for tenant in self._services.tenants():
                    if tenant.id not in self._threads or not self._threads[tenant.id].is_alive():
                        self._threads[tenant.id] = self._started(tenant)
            self._over.wait(MAX_SLEEP.total_seconds())

    def _started(self, tenant: Tenant) -> threading.Thread:
        name = f"leads of {tenant.name}"
        thread = threading.Thread(target=self._run, args=(tenant.id, name), name=name, daemon=True)
        thread.start()
        return thread

    def _run(self, tenant_id: int, name: str) -> None:
        """Until the tenant is gone. Outlives an operations store that cannot be written for a while, or is closed
        before a step has ended."""
        news = self._queue.news[tenant_id]
        while not self._over.is_set():
            news.clear()
            try:
                if (tenant := self._services.tenant(tenant_id)) is None:
                    return
                with self._queue.turn(tenant_id) as is_ours:
                    while is_ours and not self._over.is_set() and (entry := self._queue.due(tenant_id)):
                        work_on(self._services, tenant, entry)
                rest = self._rest(tenant, is_ours) if not self._over.is_set() else 0
            except OperationsError as error:
                rest = MAX_SLEEP.total_seconds()
                if not self._over.is_set():
                    log.error("%s: %s; tried again in %.0f s", name, error, rest)
            if not self._over.is_set():
                news.wait(rest)

    def _rest(self, tenant: Tenant, is_ours: bool) -> float:
        """Never long, for a decision may be made on the command line, and another process may end."""
        due = self._queue.next_try(tenant.id) if is_ours else None
        if due is None:
            return MAX_SLEEP.total_seconds()
        rest = min(max(due - self._services.clock(), timedelta(milliseconds=50)), MAX_SLEEP)
        return rest.total_seconds()


def work_on(services: Services, tenant: Tenant, entry: QueuedLead) -> None:
    """One try; what comes in between is told in the entry."""
    lead_queue = services.lead_queue
    try:
        try:
            _steps(services, tenant, entry)
        except ServiceTitanError as error:
            raise as_problem(error) from None
    except Problem as problem:
        log.warning("lead %s of %s: %s", entry.id, tenant.name, problem.code)
        if problem.code == "needs_review":
            ids = [candidate["id"] for candidate in problem.members["candidates"]]
            lead_queue.end(entry.id, NEEDS_REVIEW, problem.detail, candidates=orjson.dumps(ids).decode())
        elif problem.code in UNSETTLED:
            lead_queue.put_off(entry, f"{problem.code}: {problem.detail}")
        else:
            lead_queue.end(entry.id, REJECTED, _described(problem))
    except Exception as error:
        log.error("lead %s of %s: %s", entry.id, tenant.name, type(error).__name__)
        lead_queue.put_off(entry, f"internal: {type(error).__name__}")


def _steps(services: Services, tenant: Tenant, entry: QueuedLead) -> None:
    def call(step: str) -> ActionContext:
        return ActionContext(
            services, tenant, "lead intake", entry.id, str(uuid5(NAMESPACE_OID, f"{entry.id}\n{step}"))
        )

    lead_queue, person = services.lead_queue, person_in(entry.lead, tenant)
    customer_id, location_id, kept = entry.customer_id, entry.location_id, entry.kept
    if customer_id is None:
        if not person.identifies:
            raise Problem("needs_review", UNREACHABLE, candidates=[])
        created = find_or_create(call("customer"), entry, person)
        customer, location_id = known(created.customer, tenant.country), created.location_id
        customer_id = customer.id
        lead_queue.note(entry.id, customer_id=customer_id, location_id=location_id)
    else:
        customer = customer_of(call("customer"), customer_id)
        if customer.id != customer_id:
            customer_id, location_id = customer.id, None
            lead_queue.note(entry.id, customer_id=customer_id, location_id=None)
    if location_id is None or kept is None:
        locations = locations_of(call("location"), customer_id)
        if location_id is None and len(locations) == 1:
            location_id = locations[0]["id"]
        if kept is None:
            kept = (*lacking(person, customer), *elsewhere(entry.lead, customer, locations))
        lead_queue.note(entry.id, location_id=location_id, kept=orjson.dumps(kept).decode())
    if entry.lead_id is None:
        lead = create_lead(call("lead"), lead_form(entry.lead, customer_id, location_id, kept))
        lead_queue.note(entry.id, lead_id=lead.id)
    contact_id = entry.lead.contact_id
    why = link(call("link"), person, customer, contact_id) if contact_id else None
    has_been_seen = entry.decision in ("customer", "create")  # by whoever decided
    unlinked = NO_CONTACT if entry.lead.no_contact else None
    lead_queue.end(entry.id, NEEDS_REVIEW if why and not has_been_seen else DONE, why or unlinked)


def find_or_create(call: ActionContext, entry: QueuedLead, person: Given) -> CreatedCustomer:
    form = customer_form(entry.lead, person)
    with turn_of(call, form, person):
        return found_or_created(call, form, person, find_first=entry.find_first)


def link(call: ActionContext, person: Given, customer: Known, contact_id: UUID) -> str | None:
    """Why not."""
    with one_at_a_time(call.tenant.id, str(contact_id), deadline=call.deadline):
        return link_if_theirs(call, person, customer, contact_id)


def customer_of(call: ActionContext, customer_id: int) -> Known:
    """As it is now; the survivor, where it was merged away. Raises `Problem`."""
    record = current(call, customer_id)
    contacts = typed_contacts(contacts_of(call, [record["id"]])[record["id"]])
    customer = typed(Customer, record | {"contacts": []}).model_copy(update={"contacts": contacts})
    return known(customer, call.tenant.country)


def elsewhere(lead: InboundLead, customer: Known, locations: Sequence[Json]) -> list[str]:
    """The address of the lead, where it is none of the customer's."""
    place = Address(**lead.address.model_dump())
    known_places = [*customer.places, *(typed(Address, one.get("address") or {}) for one in locations)]
    return [] if is_among(place, known_places) else [one_line(place)]


def customer_form(lead: InboundLead, person: Given) -> CreateCustomer:
    """ServiceTitan takes no customer without an address: what the web form did not ask for is left to the office."""
    place = lead.address.model_dump(exclude_none=True)
    missing = dict.fromkeys(("street", "city", "state", "zip"), NAMELESS)
    return CreateCustomer(
        name=lead.name,
        phone=person.phone and written(person.phone),
        email=person.email,
        address=NewAddress(**missing | place),
        contact_id=lead.contact_id,
    )


def lead_form(lead: InboundLead, customer_id: int, location_id: int | None, kept: Sequence[str]) -> CreateLead:
    shared = ("campaign_id", "call_reason_id", "follow_up_date", "business_unit_id", "job_type_id")
    told = {name: getattr(lead, name) for name in shared} | {"summary": with_more(lead.summary, kept)}
    return CreateLead(customer_id=customer_id, location_id=location_id, **told)


def _described(problem: Problem) -> str:
    errors = problem.members.get("errors", {})
    return "; ".join([f"{problem.code}: {problem.detail}", *(f"{name}: {' '.join(errors[name])}" for name in errors)])
