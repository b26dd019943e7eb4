"""Inbound leads: taken, listed, and decided about."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.actions.action import Action
from pipelines.actions.context import CUSTOMERS, ActionContext, Services
from pipelines.actions.database import Row
from pipelines.actions.inbound_leads.forms import WebLead
from pipelines.actions.inbound_leads.queue import entry
from pipelines.actions.inbound_leads.receive import From, Taken, sender, take_lead
from pipelines.actions.inbound_leads.statuses import LeadStatus
from pipelines.actions.schemas.fields import TENANT, Id, Input, TenantRef, needed
from pipelines.actions.web.admission import SignedRoute
from pipelines.actions.web.dependencies import Context, json_body
from pipelines.actions.web.openapi import documented, of_action
from pipelines.actions.web.problems import Problem
from pipelines.actions.web.tenant_param import InTenant
from pipelines.settings import Tenant

router = APIRouter(tags=["inbound leads"])
signed_router = APIRouter(tags=["inbound leads"], route_class=SignedRoute)


class WaitingLead(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tenant: TenantRef | None = Field(None, description=TENANT)
    status: LeadStatus | None = None
    limit: int = Field(50, ge=1, le=200)


class ListedLead(BaseModel):
    """Without contact data."""

    id: UUID
    source: str
    status: LeadStatus
    received_at: datetime
    candidates: list[int] | None = Field(description="The customers that match, where several do")
    customer_id: int | None
    location_id: int | None
    lead_id: int | None = Field(description="In ServiceTitan")
    tries: int
    next_try_at: datetime | None
    last_error: str | None
    decided_by: str | None
    ended_at: datetime | None


class ListedLeads(BaseModel):
    items: list[ListedLead]


class WholeLead(ListedLead):
    lead: dict[str, Any] = Field(description="As it was taken; empty 30 days after its end")


class LeadDecision(Input):
    """Whose lead it is."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["customer_id"]}, {"required": ["create"]}]})

    customer_id: Id | None = Field(None, title="This customer")
    create: bool = Field(False, title="A new customer")

    @model_validator(mode="after")
    def _decides(self) -> "LeadDecision":
        return needed(self, (self.customer_id is None) == self.create, "one of customer_id and create is needed")


class Decide(LeadDecision):
    lead: UUID


async def raw_body(request: Request) -> bytes:
    return await request.body()


@signed_router.post(
    "/webhooks/leads", **documented(Taken, 202, body=WebLead, takes_key=True, summary="Take an inbound lead")
)
async def take(
    request: Request, context: Context, where: Annotated[From, Query()], body: Annotated[bytes, Depends(raw_body)]
) -> Response:
    key = sender(request)
    context.may_write()
    taken = await context.services.intake_places.run(partial(take_lead, context, where, body, key))
    return Response(taken.model_dump_json(), 202, media_type="application/json")


@router.get("/webhooks/leads", **documented(ListedLeads, summary="Inbound leads, the newest first"))
def list_leads(context: Context, where: Annotated[WaitingLead, Query()]) -> Response:
    rows = context.services.lead_queue.listed(context.tenant(where.tenant).id, where.status, where.limit)
    listed = ListedLeads(items=[ListedLead(**shown(row)) for row in rows])
    return Response(listed.model_dump_json(), media_type="application/json")


@router.get("/webhooks/leads/{lead}", **documented(WholeLead, summary="An inbound lead"))
def get_lead(context: Context, lead: UUID, where: InTenant) -> Response:
    row = known_lead(context.services, context.tenant(where.tenant), lead)
    return Response(whole(row).model_dump_json(), media_type="application/json")


def decide(call: ActionContext, form: Decide) -> WholeLead:
    """Raises `Problem`, and `ServiceTitanError` for a customer who does not exist."""
    row = known_lead(call.services, call.tenant, form.lead)
    if form.customer_id is not None:
        call.get(CUSTOMERS.below(form.customer_id))
    elif not (reach := entry(row).lead).phone and not reach.email:
        wrong = ["the lead has neither a phone number nor an e-mail address: name a customer"]
        raise Problem("invalid_request", "see errors: create", errors={"create": wrong})
    if not call.services.lead_queue.reopen(call.tenant.id, str(form.lead), call.by, form.customer_id):
        raise Problem("settled", f"the lead is {row['status']}")
    return whole(known_lead(call.services, call.tenant, form.lead))


DECIDE = Action(
    "decide_lead",
    "Decide about an inbound lead",
    "For a lead that waits for review, or was rejected: whose it is. Its work then goes on.",
    Decide,
    WholeLead,
    decide,
    writes=True,
    status=lambda _: 202,
)


@router.post("/webhooks/leads/{lead}/decision", **of_action(DECIDE, 202, body=LeadDecision))
async def decide_lead(
    context: Context, lead: UUID, where: InTenant, form: Annotated[LeadDecision, Depends(json_body(LeadDecision))]
) -> Response:
    return await context.act(DECIDE, where.complete(Decide(lead=lead, **form.model_dump())))


def known_lead(services: Services, tenant: Tenant, lead: UUID) -> Row:
    if row := services.lead_queue.get(tenant.id, str(lead)):
        return row
    raise Problem("not_found", "there is no such inbound lead")


def shown(row: Row) -> dict[str, Any]:
    return dict(row) | {"candidates": orjson.loads(row["candidates"]) if row["candidates"] else None}


def whole(row: Row) -> WholeLead:
    return WholeLead(**shown(row) | {"lead": orjson.loads(row["lead"])})
