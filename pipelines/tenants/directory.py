"""Who the tenants are. Every room asks here whenever it needs one, and keeps no list of its own."""

from pipelines.settings import ConfigurationError, Settings, Tenant


def all(settings: Settings) -> tuple[Tenant, ...]:
    return tuple(settings.servicetitan_tenants.values())


def check_lead_sources(settings: Settings) -> None:
    """Raises `ConfigurationError`, one line per source, where its tenant is none of them."""
    names = {tenant.name for tenant in all(settings)}
    lines = [
        f"LEAD_SOURCES__{name.upper()}__TENANT: found {source.tenant!r}; expected the name of a tenant"
        for name, source in settings.lead_sources.items()
        if source.tenant.lower() not in names
    ]
    if lines:
        raise ConfigurationError("\n".join(lines))


def find(settings: Settings, name_or_id: str | int) -> Tenant:
    """Raises `ConfigurationError` for a tenant that is not configured."""
    tenants = all(settings)
    for tenant in tenants:
        if str(name_or_id).lower() in (tenant.name, str(tenant.id)):
            return tenant
    known = ", ".join(tenant.name for tenant in tenants)
    raise ConfigurationError(f"tenant {name_or_id!r} is not configured; configured are: {known}")
