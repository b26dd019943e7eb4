"""How the integration is: per tenant, whether ServiceTitan takes us in, and when a sync last came to its end."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from pipelines.actions.office import Office
from pipelines.actions.servicetitan_problems import as_problem
from pipelines.last_syncs import last_complete
from pipelines.servicetitan.errors import ServiceTitanError
from pipelines.settings import Tenant


class TenantStatus(BaseModel):
    id: int
    name: str
    connected: bool
    reason: str | None = Field(None, description="Why it is not connected")
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
    last_complete_sync_at: datetime | None
    age_seconds: float | None = Field(description="Of the last complete sync")


class Health(BaseModel):
    status: Literal["ok", "degraded"] = Field(description="degraded: some tenant is not connected")
    tenants: list[TenantHealth]


class Connected(BaseModel):
    connected: Literal[True] = True
    expires_in: int = Field(description="Seconds")
    scopes: list[str]


def integration(office: Office, tenants: list[Tenant]) -> Integration:
    return Integration(tenants=tenant_statuses(office, tenants))


def health(office: Office) -> Health:
    now, statuses = office.clock(), tenant_statuses(office, list(office.settings.tenants))
    tenants = [
        TenantHealth(
            name=status.name,
            connected=status.connected,
            last_complete_sync_at=status.last_complete_sync_at,
            age_seconds=(now - status.last_complete_sync_at).total_seconds() if status.last_complete_sync_at else None,
        )
        for status in statuses
    ]
    return Health(status="ok" if all(tenant.connected for tenant in tenants) else "degraded", tenants=tenants)


def connect(office: Office, tenant: Tenant) -> Connected:
    """Raises `ServiceTitanError`."""
    seconds, scopes = office.servicetitan.ask_token(tenant)
    return Connected(expires_in=round(seconds), scopes=sorted(scopes))


def tenant_statuses(office: Office, tenants: list[Tenant]) -> list[TenantStatus]:
    syncs = last_complete(office.settings.operations)

    def status(tenant: Tenant) -> TenantStatus:
        why = why_not_connected(office, tenant)
        return TenantStatus(
            id=tenant.id,
            name=tenant.name,
            connected=why is None,
            reason=why,
            last_complete_sync_at=syncs.get(tenant.id),
        )

    return list(office.side_by_side.map(status, tenants))


def why_not_connected(office: Office, tenant: Tenant) -> str | None:
    try:
        office.servicetitan.connected(tenant)
    except ServiceTitanError as error:
        return as_problem(error).detail
    return None
