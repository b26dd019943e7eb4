"""Which scopes the actions need, and which of them a tenant has granted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import httpx

from pipelines.actions.context import BOOKINGS, CHOICES, RESOURCES, Resource, Right
from pipelines.actions.crm.bookings import bookings_of
from pipelines.servicetitan.api.client import Client, client_per_tenant
from pipelines.servicetitan.api.errors import ScopeMissing, ServiceTitanError
from pipelines.servicetitan.api.rate_limit import RateLimiter
from pipelines.settings import Settings, Tenant
from pipelines.tenants import directory

ONE_RECORD = {"page": 1, "pageSize": 1}
NOT_SAID = "cannot be tried without writing, and the token does not say its scopes"
RIGHTS: tuple[Right, ...] = ("r", "w")


@dataclass(frozen=True)
class Scope:
    """``fails``: a call that needs it came to something else than 403. ``optional``: the actions work without it."""

    tenant_name: str
    name: str
    state: Literal["granted", "missing", "fails", "unknown"]
    problem: str | None = None

    @property
    def optional(self) -> bool:
        return self.name in OPTIONAL


def check_scopes(settings: Settings, transport: httpx.BaseTransport | None = None) -> Iterator[Scope]:
    """Reading is tried, with a record of each; writing is judged by what the token says. Without a token, nothing."""
    rate_limiter, tenants = RateLimiter(settings.data_dir / "budget.sqlite"), directory.all(settings)
    clients = client_per_tenant(settings, rate_limiter, transport)
    try:
        with ThreadPoolExecutor(max(1, len(tenants))) as threads:
            for found in threads.map(lambda tenant: list(_check(clients[tenant])), tenants):
                yield from found
    finally:
        for client in clients.made():
            client.close()


def needed(tenant: Tenant) -> dict[str, Resource]:
    """Scope -> the first resource that it opens; a tenant without a booking provider takes no bookings."""
    found: dict[str, Resource] = {}
    for resource in (*RESOURCES, *CHOICES):
        place = bookings_of(tenant) if resource is BOOKINGS else resource
        if place:
            found |= {scope: place for scope in scopes_of(place) if scope not in found}
    return found


def scopes_of(resource: Resource) -> list[str]:
    return [resource.scope_to(right) for right in RIGHTS if right in resource.rights]


OPTIONAL = frozenset(scope for resource in CHOICES for scope in scopes_of(resource))


def _check(client: Client) -> Iterator[Scope]:
    tenant = client.tenant
    try:
        granted = client.connected()
    except ServiceTitanError:
        return
    for scope, resource in needed(tenant).items():
        if scope.endswith(":r"):
            yield _tried(client, scope, resource)
        elif not granted:
            yield Scope(tenant.name, scope, "unknown", NOT_SAID)
        elif scope in granted:
            yield Scope(tenant.name, scope, "granted")
        else:
            yield Scope(tenant.name, scope, "missing", f"the app needs the scope {scope} in this tenant")


def _tried(client: Client, scope: str, resource: Resource) -> Scope:
    tenant = client.tenant
    try:
        client.get(resource.module, resource.path, ONE_RECORD, scope=scope)
    except ScopeMissing as error:
        return Scope(tenant.name, scope, "missing", str(error))
    except ServiceTitanError as error:
        return Scope(tenant.name, scope, "fails", str(error))
    return Scope(tenant.name, scope, "granted")
