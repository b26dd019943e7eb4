"""What every action works with: the settings, a clock, ServiceTitan, our own stores; and one call of one caller."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from pipelines.actions.database import ActionsDatabase
from pipelines.actions.doors import Doors
from pipelines.actions.inbound_leads.queue import LeadQueue
from pipelines.actions.workers import Places, Workers
from pipelines.analytics.reader import Marts
from pipelines.clock import Clock
from pipelines.servicetitan.api.client import Client
from pipelines.servicetitan.api.deadline import Deadline
from pipelines.servicetitan.api.responses import Json
from pipelines.settings import Settings, Tenant
from pipelines.tenants import directory
from pipelines.tenants.per_tenant import PerTenant

Right = Literal["r", "w"]


@dataclass(frozen=True)
class Resource:
    """A path of one ServiceTitan module, the scope that opens it, and what we do there: ``r``, ``w`` or ``rw``."""

    module: str
    path: str
    scope: str
    rights: str = "r"

    def below(self, rest: object) -> "Resource":
        return replace(self, path=f"{self.path}/{rest}")

    def scope_to(self, right: Right) -> str:
        """Only what is declared is done, so that `pipelines.actions.scopes` knows all that is needed."""
        if right not in self.rights:
            raise ValueError(f"{self.path}: declared for {self.rights}; {right} was asked for")
        return f"{self.scope}:{right}"


CUSTOMERS = Resource("crm", "customers", "tn.crm.customers", "rw")
CONTACTS = Resource("crm", "customers/contacts", "tn.crm.customers")
CONTACT_METHODS = Resource("crm", "contacts/contact-methods", "tn.crm.contacts")
CONTACT_PERSONS = Resource("crm", "contacts", "tn.crm.contacts")
LOCATIONS = Resource("crm", "locations", "tn.crm.locations")
LEADS = Resource("crm", "leads", "tn.crm.leads", "rw")
BOOKINGS = Resource("crm", "booking-provider", "tn.crm.bookings", "rw")
JOBS = Resource("jpm", "jobs", "tn.jpm.jobs")
APPOINTMENTS = Resource("jpm", "appointments", "tn.jpm.appointments")
ESTIMATES = Resource("sales", "estimates", "tn.sal.estimates")
JOB_TYPES = Resource("jpm", "job-types", "tn.jpm.jobtypes")
BUSINESS_UNITS = Resource("settings", "business-units", "tn.stt.businessunits")
TECHNICIANS = Resource("settings", "technicians", "tn.stt.technicians")
TAG_TYPES = Resource("settings", "tag-types", "tn.stt.tagtypes")
CAMPAIGNS = Resource("marketing", "campaigns", "tn.mrk.campaigns")
CALL_REASONS = Resource("jbce", "call-reasons", "tn.jbce.callreasons")
RESOURCES = (
    CUSTOMERS,
    CONTACTS,
    CONTACT_METHODS,
    CONTACT_PERSONS,
    LOCATIONS,
    LEADS,
    BOOKINGS,
    JOBS,
    APPOINTMENTS,
    ESTIMATES,
)
# Lists that the inputs of actions are chosen from; every action works without them.
CHOICES = (JOB_TYPES, BUSINESS_UNITS, TECHNICIANS, TAG_TYPES, CAMPAIGNS, CALL_REASONS)


@dataclass(frozen=True)
class Services:
    settings: Settings
    clock: Clock
    servicetitan: PerTenant[Client]
    store: ActionsDatabase
    marts: Marts
    lead_queue: LeadQueue
    pauses: tuple[float, ...]  # see `write_once`
    workers: PerTenant[Workers]
    doors: Doors
    intake_places: Places
    apart: Places  # for tenants that come and go

    def tenants(self) -> tuple[Tenant, ...]:
        """As they are now."""
        with self.store.looking() as con:
            return directory.all(self.settings, con)

    def tenant(self, name_or_id: str | int) -> Tenant | None:
        return next((one for one in self.tenants() if one.is_called(name_or_id)), None)


@dataclass(frozen=True)
class ActionContext:
    """One request for one tenant. On every repeat of a write ``key``, the caller's name for it, is the same, and so is
    ``write_id``, ours."""

    services: Services
    tenant: Tenant
    by: str
    key: str = ""
    write_id: str = ""
    deadline: Deadline = field(default_factory=Deadline)

    def now(self) -> datetime:
        return self.services.clock()

    def get(self, resource: Resource, params: Mapping[str, str | int] | None = None) -> Json:
        scope, client = resource.scope_to("r"), self.services.servicetitan[self.tenant]
        return client.get(resource.module, resource.path, params, scope=scope, deadline=self.deadline)

    def post(self, resource: Resource, body: Mapping[str, Any]) -> Json:
        scope, client = resource.scope_to("w"), self.services.servicetitan[self.tenant]
        return client.post(resource.module, resource.path, dict(body), scope=scope)
