"""What every action works with: the settings, a clock, ServiceTitan, our own stores; and one call of one caller."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.actions.clock import Clock
from pipelines.actions.intake import Intake
from pipelines.actions.marts import Marts
from pipelines.actions.store import Store
from pipelines.servicetitan.answers import Json
from pipelines.servicetitan.client import Client
from pipelines.settings import Settings, Tenant


@dataclass(frozen=True)
class Resource:
    """A path of one ServiceTitan module, and the scope that opens it (``:r`` or ``:w`` comes behind)."""

    module: str
    path: str
    scope: str

    def below(self, rest: object) -> "Resource":
        return Resource(self.module, f"{self.path}/{rest}", self.scope)


CUSTOMERS = Resource("crm", "customers", "tn.crm.customers")
CONTACTS = Resource("crm", "customers/contacts", "tn.crm.customers")
CONTACT_METHODS = Resource("crm", "contacts/contact-methods", "tn.crm.contacts")
CONTACT_PERSONS = Resource("crm", "contacts", "tn.crm.contacts")
LOCATIONS = Resource("crm", "locations", "tn.crm.locations")
LEADS = Resource("crm", "leads", "tn.crm.leads")
BOOKINGS = Resource("crm", "booking-provider", "tn.crm.bookings")
JOBS = Resource("jpm", "jobs", "tn.jpm.jobs")
APPOINTMENTS = Resource("jpm", "appointments", "tn.jpm.appointments")
ESTIMATES = Resource("sales", "estimates", "tn.sal.estimates")


@dataclass(frozen=True)
class Office:
    settings: Settings
    clock: Clock
    servicetitan: Client
    store: Store
    marts: Marts
    intake: Intake
    pauses: tuple[float, ...]  # see `write_once`
    side_by_side: ThreadPoolExecutor  # calls to ServiceTitan that need not wait for each other


@dataclass(frozen=True)
class Call:
    """One request for one tenant. On every repeat of a write ``key``, the caller's name for it, is the same, and so is
    ``write_id``, ours."""

    office: Office
    tenant: Tenant
    by: str
    key: str = ""
    write_id: str = ""

    def now(self) -> datetime:
        return self.office.clock()

    def get(self, resource: Resource, params: Mapping[str, str | int] | None = None) -> Json:
        scope = f"{resource.scope}:r"
        return self.office.servicetitan.get(self.tenant, resource.module, resource.path, params, scope=scope)

    def post(self, resource: Resource, body: Mapping[str, Any]) -> Json:
        scope = f"{resource.scope}:w"
        return self.office.servicetitan.post(self.tenant, resource.module, resource.path, dict(body), scope=scope)
