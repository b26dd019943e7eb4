"""Who the tenants are: those of the environment, and those that people have connected. Every room asks here whenever it
needs one, and keeps no list of its own."""

import logging
from collections.abc import Mapping, Sequence
from functools import cache

from pipelines.operations import Connection, Place, look_into
from pipelines.settings import ConfigurationError, Settings, Tenant
from pipelines.tenants import store
from pipelines.tenants.encryption import SecretsKey
from pipelines.tenants.store import StoredTenant

log = logging.getLogger(__name__)
NONE = (
    "no tenant is connected: set SERVICETITAN_TENANTS__<NAME>__ID, __CLIENT_ID and __CLIENT_SECRET, or connect one with"
    " `servicetitan-flow tenants add NAME` or PUT /integration/tenants/NAME"
)
Keyed = tuple[Place, tuple[str, ...]]
_read: dict[Keyed, tuple[str, list[StoredTenant]]] = {}  # with the table's version
_joined: dict[Place, tuple[dict[str, Tenant], list[StoredTenant], tuple[Tenant, ...]]] = {}  # with what it was made of


def all(settings: Settings, con: Connection | None = None) -> tuple[Tenant, ...]:
    """A name in both is the environment's. ``con``: to the operations store, where one is at hand.

    Raises `ConfigurationError` where two have one id.
    """
    own, connected = settings.servicetitan_tenants, stored(settings, con)
    known = _joined.get(settings.operations)
    if known is None or known[0] != own or known[1] is not connected:
        known = _joined[settings.operations] = {**own}, connected, joined(own, connected)
    return known[2]


def joined(own: Mapping[str, Tenant], connected: Sequence[StoredTenant]) -> tuple[Tenant, ...]:
    """Raises `ConfigurationError`."""
    for tenant in connected:
        if tenant.name in own:
            _warn(tenant.name)
    others = [tenant for tenant in connected if tenant.name not in own]
    variables = {tenant.id: tenant.variable("ID") for tenant in own.values()}
    for tenant in others:
        if tenant.id in variables:
            raise ConfigurationError(
                f"{variables[tenant.id]}: found {tenant.id}, which is the id of tenant {tenant.name}, connected before:"
                f" take the group out, or run `servicetitan-flow tenants remove {tenant.name}`"
            )
    return (*own.values(), *others)


def at_least_one(settings: Settings) -> tuple[Tenant, ...]:
    """Raises `ConfigurationError` where there is none."""
    if tenants := all(settings):
        return tenants
    raise ConfigurationError(NONE)


def find(settings: Settings, name_or_id: str | int, con: Connection | None = None) -> Tenant:
    """Raises `ConfigurationError` for a tenant that is not configured."""
    tenants = all(settings, con)
    for tenant in tenants:
        if tenant.is_called(name_or_id):
            return tenant
    known = ", ".join(tenant.name for tenant in tenants)
    others = f"configured are: {known}" if known else NONE
    raise ConfigurationError(f"tenant {name_or_id!r} is not configured; {others}")


def stored(settings: Settings, con: Connection | None = None) -> list[StoredTenant]:
    """Those that people have connected, also under names that the environment has; read anew where any has changed."""
    if con is None:
        if not settings.operations.exists():
            return []
        with look_into(settings.operations) as con:
            return stored(settings, con) if con.has_table("tenants") else []
    place = settings.operations, tuple(settings.key_fingerprints)
    version = store.version(con)
    if place not in _read or _read[place][0] != version:
        _read[place] = version, store.read(con, SecretsKey(settings))
    return _read[place][1]


def check_lead_sources(settings: Settings) -> None:
    """Raises `ConfigurationError`, one line per source, where its tenant is none of them and cannot become one."""
    names = {tenant.name for tenant in all(settings)}
    lines = [
        f"LEAD_SOURCES__{name.upper()}__TENANT: found {source.tenant!r}; expected the name of a tenant"
        for name, source in settings.lead_sources.items()
        if source.tenant.lower() not in names
    ]
    if lines and not settings.secrets_key:
        raise ConfigurationError("\n".join(lines))
    for line in lines:
        log.warning("%s; until it is connected its leads are refused", line)


@cache
def _warn(name: str) -> None:
    log.warning("tenant %s stands in the environment and was connected, too: the environment's counts", name)
