"""An inbound lead, from the request to the disk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.actions.crm.identity import is_test, reaches_of
from pipelines.actions.inbound_leads.forms import (
    TakenLead,
    from_source,
    identified,
    person_in,
    trimmed,
    with_defaults,
)
from pipelines.actions.inbound_leads.keys import LeadArrival
from pipelines.actions.inbound_leads.own_form import mended, taken
from pipelines.actions.inbound_leads.payload import is_form, read_payload, texts
from pipelines.actions.inbound_leads.reaches import further
from pipelines.actions.schemas.fields import TENANT, Line, TenantRef
from pipelines.actions.web.dependencies import RequestContext
from pipelines.actions.web.problems import Problem, invalid
from pipelines.actions.web.tenant_param import TenantParam
from pipelines.actions.web.tokens import WEBHOOK
from pipelines.settings import Tenant
from pipelines.settings.lead_source import LeadSource

Read = TypeVar("Read")

AWAY_SECONDS = 600
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


@dataclass(frozen=True)
class Delivered:
    """A lead as it was sent, and whether a form's tool sent it for a try. ``more``: what else came, for the summary."""

    lead: TakenLead
    tenant: Tenant
    is_test: bool
    more: Sequence[str] = ()


def take_lead(context: RequestContext, where: From, body: bytes, content_type: str, key: str | None) -> Taken:
    """On disk when it returns. Raises `Problem`."""
    name = (where.source or OWN).lower()
    source = context.services.settings.lead_sources.get(name)
    if where.source and source is None:
        wrong = [f"LEAD_SOURCES__{name.upper()}__… is not configured"]
        raise Problem("invalid_request", "see errors: source", errors={"source": wrong})
    payload = read_payload(body, content_type, is_named=bool(where.source))
    sent = read_lead(context, where, source, payload, is_form=is_form(content_type))
    if source and source.tenant.lower() != sent.tenant.name:
        source = None  # its campaign and call reason are another tenant's
    lead = completed(context, sent, source)
    reaches = reaches_of(person_in(sent.lead, sent.tenant))
    arrival = LeadArrival(sent.tenant.id, name, sent.lead, lead, context.access.name, key, sent.is_test, reaches)
    lead_id, new = context.services.lead_queue.receive(arrival)
    return Taken(id=UUID(lead_id), tenant=sent.tenant.name, duplicate=not new)


def read_lead(
    context: RequestContext, where: From, source: LeadSource | None, payload: dict[str, Any], *, is_form: bool
) -> Delivered:
    """A form has texts alone, so that in our own fields they are read as what they should be."""
    if source and source.map:
        payload = _parsed(lambda: trimmed(payload))
        tenant = tenant_of(context, where.tenant, source)
        # Google's lead forms mark a try so.
        is_tried = payload.get("is_test") in (True, "true") or is_test(texts(payload))
        lead = _parsed(lambda: from_source(source, payload))
        read = ", ".join(filter(None, (lead.phone, lead.email, lead.summary)))
        return Delivered(lead, tenant, is_tried, further(payload, read, tenant.country))
    if payload.get("phone") is None and payload.get("email") is None:
        raise Problem("invalid_request", "see errors", errors={"": ["one of phone and email is needed"]})
    lead = _parsed(lambda: taken(mended(payload), is_form))
    lead = TenantParam(tenant=where.tenant).complete(lead)
    return Delivered(lead, tenant_of(context, lead.tenant, source), is_test(texts(payload)))


def tenant_of(context: RequestContext, named: TenantRef | None, source: LeadSource | None) -> Tenant:
    """A sender cannot mend that the source's tenant is away, but he may come again."""
    if named is None and source and context.services.tenant(source.tenant) is None:
        raise Problem("tenant_away", f"tenant {source.tenant} of this source is not connected", AWAY_SECONDS)
    return context.tenant(named or (source.tenant if source else None))


def _parsed(read: Callable[[], Read]) -> Read:
    try:
        return read()
    except RecursionError:
        raise Problem("malformed", "the body is nested too deeply") from None
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False)) from None


def completed(context: RequestContext, sent: Delivered, source: LeadSource | None) -> TakenLead:
    """With the source's defaults, and what identifies the person. Raises `Problem` for what ServiceTitan insists on."""
    lead = with_defaults(sent.lead, source, context.services.clock())
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
    return identified(lead, sent.tenant, sent.more)
