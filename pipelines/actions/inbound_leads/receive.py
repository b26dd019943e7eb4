"""An inbound lead, from the request to the disk."""

import json
from typing import Any
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.actions.crm.customer_match import phone_number
from pipelines.actions.inbound_leads.forms import InboundLead, WebLead, from_source, trimmed, with_defaults
from pipelines.actions.inbound_leads.keys import LeadArrival
from pipelines.actions.schemas.fields import TENANT, Line, TenantRef
from pipelines.actions.web.dependencies import RequestContext, parsed, readable
from pipelines.actions.web.problems import Problem, invalid
from pipelines.actions.web.tenant_param import TenantParam
from pipelines.actions.web.tokens import WEBHOOK
from pipelines.settings import Tenant
from pipelines.settings.lead_source import LeadSource

OWN = "default"  # the source of leads in our own form, unless another is named


class From(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tenant: TenantRef | None = Field(None, description=TENANT)
    source: Line | None = Field(None, description="One of LEAD_SOURCES: its mapping reads the body, its defaults count")


class Taken(BaseModel):
    id: UUID
    tenant: str
    duplicate: bool = Field(description="True: the lead was taken before")


def sender(request: Request) -> str | None:
    """The key, where the sender gave one: a signed message's id is its key. A token counts before a signature."""
    if request.state.access is WEBHOOK:
        return str(request.state.message)
    return request.headers.get("idempotency-key") or None


def take_lead(context: RequestContext, where: From, body: bytes, key: str | None) -> Taken:
    """On disk when it returns. Raises `Problem`."""
    name = (where.source or OWN).lower()
    source = context.services.settings.lead_sources.get(name)
    if where.source and source is None:
        wrong = [f"LEAD_SOURCES__{name.upper()}__… is not configured"]
        raise Problem("invalid_request", "see errors: source", errors={"source": wrong})
    sent, tenant = read_lead(context, where, source, body)
    if source and source.tenant.lower() != tenant.name:
        source = None  # its campaign and call reason are another tenant's
    lead = completed(context, tenant, sent, source)
    queue = context.services.lead_queue
    lead_id, new = queue.receive(LeadArrival(tenant.id, name, sent, lead, context.access.name, key))
    return Taken(id=UUID(lead_id), tenant=tenant.name, duplicate=not new)


def read_lead(
    context: RequestContext, where: From, source: LeadSource | None, body: bytes
) -> tuple[InboundLead, Tenant]:
    usual = source.tenant if source else None
    if source and source.map:
        tenant = context.tenant(where.tenant or usual)
        try:
            return from_source(source, payload_of(body), tenant.country), tenant
        except ValidationError as error:
            raise invalid(error.errors(include_url=False, include_input=False)) from None
    lead = TenantParam(tenant=where.tenant).complete(parsed(WebLead, body))
    return lead, context.tenant(lead.tenant or usual)


def payload_of(body: bytes) -> dict[str, Any]:
    try:
        payload = trimmed(json.loads(readable(body)))
    except RecursionError:
        raise Problem("malformed", "the body is nested too deeply") from None
    if not isinstance(payload, dict):
        raise Problem("malformed", "the body is no JSON object")
    return payload


def completed(context: RequestContext, tenant: Tenant, lead: InboundLead, source: LeadSource | None) -> InboundLead:
    """With the source's defaults, and the phone number in E.164. Raises `Problem` for what ServiceTitan insists on."""
    lead = with_defaults(lead, source, context.services.clock())
    needs = {
        "campaign_id": (lead.campaign_id, "CAMPAIGN_ID"),
        "call_reason_id": (lead.call_reason_id or lead.follow_up_date, "CALL_REASON_ID or __FOLLOW_UP_HOURS"),
    }
    errors = {
        field: [f"is needed: in the lead, or as LEAD_SOURCES__{OWN.upper()}__{variable}"]
        for field, (value, variable) in needs.items()
        if not value
    }
    if errors:
        raise Problem("invalid_request", f"see errors: {', '.join(errors)}", errors=errors)
    return lead.model_copy(update={"phone": phone_number(tenant, lead.phone)})
