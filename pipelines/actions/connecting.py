"""Connecting a tenant while everything runs, and taking it out: the same by HTTP and on the command line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from pipelines.actions.scopes import Lacking, lacking
from pipelines.flow_builder import switches
from pipelines.operations import Connection as Store
from pipelines.operations import open_operations, transaction
from pipelines.servicetitan.api.client import Client
from pipelines.servicetitan.api.deadline import Deadline
from pipelines.servicetitan.api.errors import AccessRefused, NotFound, Refused
from pipelines.settings import Settings, Tenant
from pipelines.tenants import directory, store
from pipelines.tenants.encryption import MISSING, WAY_OUT, SecretsKey
from pipelines.tenants.store import StoredTenant

SECONDS = 15.0
KEPT = (
    "all that is known of it stays: customers, states, links, leads, its baseline; what waits to be sent of it waits."
    " Connected again under the same id it goes on"
)
DISCONNECTED = "disconnected: nothing of it is read any more"
CONNECTED = "connected again"


class NotStored(Exception):
    """There is no place for the tenant here; the message says the way out."""


class IdTaken(NotStored):
    """The id is another tenant's, or the tenant has another one."""


class SecretNeeded(Exception):
    """None was given, and there is none that could be kept."""


class NotConnected(Exception):
    """ServiceTitan does not let the tenant in; the message says why."""


class NotThere(Exception):
    """Nobody connected a tenant of that name."""


@dataclass(frozen=True)
class Connection:
    tenant: StoredTenant
    is_new: bool
    lacks: Lacking


def connect(
    settings: Settings,
    asked: Mapping[str, Any],
    secret: SecretStr | None,
    client_of: Callable[[Tenant], Client],
    by: str,
    now: datetime,
) -> Connection:
    """Tries the tenant, and stores it where ServiceTitan lets it in. Cut off at any moment, it can be run again.

    ``asked``: a tenant's fields; what is not among them, and the secret, a known tenant keeps as it has it. Raises
    `NotStored`, `SecretNeeded`, `NotConnected`, `pydantic.ValidationError`, and `ServiceTitanError` where ServiceTitan
    does not answer as it should.
    """
    asked = {**asked, "name": asked["name"].lower()}
    known = place_of(settings, asked["name"], asked["id"])
    own = secret.get_secret_value().strip() if secret else None
    if own is None and (known is None or known.locked):
        raise SecretNeeded("the client secret is needed: " + (f"{known.lock}" if known else "none is stored yet"))
    kept = known.model_dump(include={*store.FIELDS}) if known else {}
    tenant = StoredTenant(**kept | asked | ({"client_secret": own} if own is not None else {}))
    lacks = tried(client_of(tenant))
    with open_operations(settings.operations) as con, transaction(con, "tenants"):
        place_of(settings, tenant.name, tenant.id, con)  # it may be another's by now
        store.put(con, tenant, SecretsKey(settings), by, now)
    go_on(settings, tenant, by, now)
    return Connection(tenant, known is None, lacks)


def place_of(settings: Settings, name: str, tenant_id: int, con: Store | None = None) -> StoredTenant | None:
    """As it is connected already. Raises `NotStored`."""
    if not settings.secrets_key:
        raise NotStored(f"{MISSING}, and without it no secret can be stored: {WAY_OUT}")
    if name in settings.servicetitan_tenants:
        raise NotStored(in_the_environment(settings.servicetitan_tenants[name]))
    for tenant in directory.all(settings, con):
        if tenant.name == name and tenant.id != tenant_id:
            raise IdTaken(f"{name} has the id {tenant.id}: remove it first, or name another")
        if tenant.name != name and tenant.id == tenant_id:
            raise IdTaken(f"{tenant_id} is the id of tenant {tenant.name}: two tenants cannot have one id")
    return next((tenant for tenant in directory.stored(settings, con) if tenant.name == name), None)


def in_the_environment(tenant: Tenant) -> str:
    return f"{tenant.name} stands in the environment: change {tenant.variable('…')} there, and restart"


def tried(client: Client) -> Lacking:
    try:
        return lacking(client, Deadline(SECONDS))
    except (AccessRefused, NotFound, Refused) as refusal:
        raise NotConnected(f"nothing was stored: {refusal}") from None
    finally:
        client.close()


def go_on(settings: Settings, tenant: Tenant, by: str, now: datetime) -> None:
    """What a disconnection has paused; what a person has stays paused."""
    with open_operations(settings.operations) as con:
        last = switches.newest_decision(con, tenant.id, "pause", "resume")
    if last and (last.action, last.reason) == (switches.DONE["pause"], DISCONNECTED):
        switches.turn(settings.operations, [tenant], "resume", reason=CONNECTED, by=by, now=now)


def disconnect(settings: Settings, name: str, by: str, now: datetime) -> StoredTenant:
    """All that is known of the tenant stays, and what waits to be sent of it waits: nobody reads any more whether it is
    still right. Raises `NotThere`, `NotStored`."""
    own = settings.servicetitan_tenants
    tenant = next((one for one in directory.stored(settings) if one.name == name), None)
    if tenant is None:
        raise NotStored(in_the_environment(own[name])) if name in own else NotThere(f"no tenant {name} was connected")
    if tenant.id not in {one.id for one in own.values()}:
        switches.turn(settings.operations, [tenant], "pause", reason=DISCONNECTED, by=by, now=now)
    with open_operations(settings.operations) as con, transaction(con, "tenants"):
        store.remove(con, name, now)
    return tenant
