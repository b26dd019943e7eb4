"""Inbound leads: taken, listed, and decided about."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from pipelines.actions.action import Action
from pipelines.actions.context import ActionContext
from pipelines.actions.crm.merges import current
from pipelines.actions.database import Row
from pipelines.actions.inbound_leads.decisions import LeadDecision, decide, known_lead
from pipelines.actions.inbound_leads.own_form import FormLead
from pipelines.actions.inbound_leads.receive import From, Taken, sender, take_lead
from pipelines.actions.inbound_leads.statuses import Decision, LeadStatus
from pipelines.actions.schemas.fields import TENANT, TenantRef
from pipelines.actions.web.admission import SignedRoute
from pipelines.actions.web.bodies import refuse_encoded
from pipelines.actions.web.dependencies import Context, json_body
from pipelines.actions.web.openapi import documented, of_action
from pipelines.actions.web.tenant_param import InTenant

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
    candidates: list[int] | None = Field(description="The customers that it may belong to")
    customer_id: int | None
    location_id: int | None
    lead_id: int | None = Field(description="In ServiceTitan")
    tries: int
    next_try_at: datetime | None
    last_error: str | None = Field(description="Also why it waits for a person, customer by customer")
    decision: Decision | None
    decided_by: str | None
    decision_reason: str | None
    ended_at: datetime | None


class ListedLeads(BaseModel):
    items: list[ListedLead]


class WholeLead(ListedLead):
    lead: dict[str, Any] = Field(description="As it was taken; empty 30 days after its end")


class Decide(LeadDecision):
    lead: UUID


async def raw_body(request: Request) -> bytes:
    refuse_encoded(request)
    return await request.body()


@signed_router.post(
    "/webhooks/leads", **documented(Taken, 202, body=FormLead, takes_key=True, summary="Take an inbound lead")
)
async def take(
    request: Request, context: Context, where: Annotated[From, Query()], body: Annotated[bytes, Depends(raw_body)]
) -> Response:
    key, kind = sender(request), request.headers.get("content-type", "")
    context.may_write()
    taken = await context.services.intake_places.run(partial(take_lead, context, where, body, kind, key))
    return Response(taken.model_dump_json(), 202, media_type="application/json")


@router.get("/webhooks/leads", **documented(ListedLeads, summary="Inbound leads, the newest first"))
def list_leads(context: Context, where: Annotated[WaitingLead, Query()]) -> Response:
    rows = context.services.lead_queue.listed(context.tenant(where.tenant).id, where.status, where.limit)
    listed = ListedLeads(items=[ListedLead(**shown(row)) for row in rows])
    return Response(listed.model_dump_json(), media_type="application/json")


@router.get("/webhooks/leads/{lead}", **documented(WholeLead, summary="An inbound lead"))
def get_lead(context: Context, lead: UUID, where: InTenant) -> Response:
    row = known_lead(context.services.lead_queue, context.tenant(where.tenant).id, str(lead))
    return Response(whole(row).model_dump_json(), media_type="application/json")


def decide_by_route(call: ActionContext, form: Decide) -> WholeLead:
    """Raises `Problem`."""
    queue = call.services.lead_queue
    return whole(decide(queue, call.tenant.id, str(form.lead), form, call.by, lambda one: current(call, one)["id"]))


DECIDE = Action(
    "decide_lead",
    "Decide about an inbound lead",
    "For a lead that waits for review, or was rejected: whose it is, that it is discarded, or tried once more.",
    Decide,
    WholeLead,
    decide_by_route,
    writes=True,
    status=lambda _: 202,
)


@router.post("/webhooks/leads/{lead}/decision", **of_action(DECIDE, 202, body=LeadDecision))
async def decide_lead(
    context: Context, lead: UUID, where: InTenant, form: Annotated[LeadDecision, Depends(json_body(LeadDecision))]
) -> Response:
    return await context.act(DECIDE, where.complete(Decide(lead=lead, **form.model_dump())))


def shown(row: Row) -> dict[str, Any]:
    return dict(row) | {"candidates": orjson.loads(row["candidates"]) if row["candidates"] else None}


def whole(row: Row) -> WholeLead:
    return WholeLead(**shown(row) | {"lead": orjson.loads(row["lead"])})
