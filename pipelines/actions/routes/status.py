"""How the integration is: per tenant, whether ServiceTitan takes us in, and when a sync last came to its end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from pipelines.actions.context import Services
from pipelines.actions.web.servicetitan_problems import as_problem
from pipelines.servicetitan.sync_status import last_complete
from pipelines.settings import Tenant


class TenantStatus(BaseModel):
    id: int
    name: str
    connected: bool
    reason: str | None = Field(None, description="Why it is not connected")
    trouble: str | None = Field(None, description="What its latest call came to, where ServiceTitan failed")
    last_complete_sync_at: datetime | None = Field(None, description="Null: there was none yet")


class Integration(BaseModel):
    """The integration card."""

    id: Literal["servicetitan"] = "servicetitan"
    name: Literal["Service Titan"] = "Service Titan"
    category: Literal["crm"] = "crm"
    auth_type: Literal["oauth2"] = "oauth2"
    tenants: list[TenantStatus]


class TenantHealth(BaseModel):
    name: str
    connected: bool
    trouble: str | None = Field(None, description="What its latest call came to, where ServiceTitan failed")
    last_complete_sync_at: datetime | None
    age_seconds: float | None = Field(description="Of the last complete sync")


class Health(BaseModel):
    status: Literal["ok", "degraded"] = Field(description="degraded: some tenant is not connected, or in trouble")
    tenants: list[TenantHealth]


class Connected(BaseModel):
    connected: Literal[True] = True
    expires_in: int = Field(description="Seconds")
    scopes: list[str]


def integration(services: Services, tenants: Sequence[Tenant]) -> Integration:
    return Integration(tenants=tenant_statuses(services, tenants))


def health(services: Services) -> Health:
    now, statuses = services.clock(), tenant_statuses(services, services.tenants())
    tenants = [
        TenantHealth(
            name=status.name,
            connected=status.connected,
            trouble=status.trouble,
            last_complete_sync_at=status.last_complete_sync_at,
            age_seconds=(now - status.last_complete_sync_at).total_seconds() if status.last_complete_sync_at else None,
        )
        for status in statuses
    ]
    well = all(tenant.connected and not tenant.trouble for tenant in tenants)
    return Health(status="ok" if well else "degraded", tenants=tenants)


def connect(services: Services, tenant: Tenant) -> Connected:
    """Raises `ServiceTitanError`."""
    seconds, scopes = services.servicetitan[tenant].reconnect()
    return Connected(expires_in=round(seconds), scopes=sorted(scopes))


def tenant_statuses(services: Services, tenants: Sequence[Tenant]) -> list[TenantStatus]:
    """Without waiting for ServiceTitan."""
    syncs = last_complete(services.settings.operations)

    def status(tenant: Tenant, why: str | None) -> TenantStatus:
        trouble = services.servicetitan[tenant].trouble()
        return TenantStatus(
            id=tenant.id,
            name=tenant.name,
            connected=why is None,
            reason=why,
            trouble=as_problem(trouble).detail if trouble else None,
            last_complete_sync_at=syncs.get(tenant.id),
        )

    return list(map(status, tenants, services.doors.why_closed(tenants)))
