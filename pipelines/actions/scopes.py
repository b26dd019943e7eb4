"""Which scopes the actions need, and which of them a tenant has granted; of a tenant to come, those of syncs, too."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import httpx

from pipelines.actions.context import BOOKINGS, CHOICES, RESOURCES, Resource, Right
from pipelines.actions.crm.bookings import bookings_of
from pipelines.servicetitan.api.client import MAX_PAGES, Client, client_per_tenant
from pipelines.servicetitan.api.deadline import Deadline
from pipelines.servicetitan.api.errors import NotFound, Refused, ScopeMissing, ServiceTitanError
from pipelines.servicetitan.api.rate_limit import RateLimiter
from pipelines.servicetitan.streams import STREAMS
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


@dataclass(frozen=True)
class Lacking:
    """Of a tenant that ServiceTitan lets in. ``unknown``: scopes that cannot be tried without writing."""

    missing: list[str]
    unknown: list[str]


def lacking(client: Client, deadline: Deadline) -> Lacking:
    """Of all that syncs and actions need: by what the token says, else by asking for a record of each.

    Raises `ServiceTitanError`; `Refused` where nothing of the tenant can be read, as under another tenant's id.
    """
    granted, resources = client.connected(), {**needed_by_syncs(), **needed(client.tenant)}
    reads = [scope for scope in resources if scope.endswith(":r") and (not granted or scope in granted)]
    tried = reads[:1] if granted else reads
    with ThreadPoolExecutor(MAX_PAGES) as threads:
        states = list(threads.map(lambda one: _opens(client, one, resources[one], deadline), tried))
    if True not in states:
        raise Refused(f"nothing of tenant {client.tenant.id} can be read: is that its id, and the app connected there?")
    if granted:
        return Lacking([scope for scope in resources if scope not in granted], [])
    return Lacking(
        [scope for scope, is_open in zip(tried, states, strict=True) if is_open is False],
        [scope for scope in resources if scope not in tried],
    )


def said_missing(client: Client) -> list[str]:
    """Of all that syncs and actions need, by what the token says; nothing where it says none. It is asked for if there
    is none. Raises `ServiceTitanError`."""
    granted = client.connected()
    return [scope for scope in {**needed_by_syncs(), **needed(client.tenant)} if granted and scope not in granted]


def needed_by_syncs() -> dict[str, Resource]:
    """Scope -> the first resource that it opens."""
    found: dict[str, Resource] = {}
    for stream in STREAMS:
        if not stream.optional and stream.scope not in found:
            path = stream.path if stream.listed else stream.export_paths[0]
            found[stream.scope] = Resource(stream.module, path, stream.scope.removesuffix(":r"))
    return found


def _opens(client: Client, scope: str, resource: Resource, deadline: Deadline) -> bool | None:
    """None: there is no such thing, which says nothing of the scope."""
    try:
        client.get(resource.module, resource.path, ONE_RECORD, scope=scope, deadline=deadline)
    except ScopeMissing:
        return False
    except NotFound:
        return None
    return True
