"""The routes of the actions, and the one door to all of them."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from pipelines.actions import catalogue as c
from pipelines.actions.schemas import inputs as i
from pipelines.actions.schemas.fields import TENANT, Id, Line, TenantRef
from pipelines.actions.schemas.state_names import customer_states
from pipelines.actions.web.dependencies import Context, json_body, parsed
from pipelines.actions.web.openapi import documented, of_action
from pipelines.actions.web.problems import Problem
from pipelines.actions.web.tenant_param import InTenant, TenantParam

router = APIRouter(tags=["actions"])

TransitionId = Annotated[Line, Path(description="data.transition_id of the message that started the flow")]
CustomerId = Annotated[Id, Path(description="ServiceTitan's customer id")]


class Trigger(BaseModel):
    """A state that starts a flow when a customer enters it."""

    state: float
    state_name: str
    flow_name: str | None = Field(description="Null: the rules give the state none")


class Catalogue(BaseModel):
    tenants: list[str] = Field(description="The choices for `tenant`")
    actions: list[c.CatalogueEntry]
    triggers: list[Trigger] = Field(description="As the rules are for the tenant; where none is named, for all")


class Ask(BaseModel):
    """One action, as a node calls it."""

    model_config = ConfigDict(extra="forbid")

    tenant: TenantRef | None = Field(None, description=TENANT)
    input: dict[str, Any] = Field({}, description="As the action's input_schema says")


class AnyResult(BaseModel):
    """As the action's result_schema says."""

    model_config = ConfigDict(extra="allow")


@router.get("/actions", **documented(Catalogue, summary="The catalogue of the actions"))
def actions(context: Context, where: InTenant) -> Response:
    tenants = context.tenants()
    listed = Catalogue(
        tenants=[tenant.name for tenant in tenants],
        actions=[c.entry(one) for one in c.ACTIONS.values() if context.access.writes or not one.writes],
        triggers=triggers(context.tenant(where.tenant).id if where.tenant or len(tenants) == 1 else None),
    )
    return Response(listed.model_dump_json(), media_type="application/json")


def triggers(tenant_id: int | None) -> list[Trigger]:
    states = customer_states(tenant_id).values()
    return [Trigger(state=one.number, state_name=one.name, flow_name=one.flow_name) for one in states]


@router.post("/actions/{type}", **documented(AnyResult, 200, 201, 202, body=Ask, summary="Run an action"))
async def act(context: Context, type: str, where: InTenant, ask: Annotated[Ask, Depends(json_body(Ask))]) -> Response:
    if type not in c.ACTIONS:
        raise Problem("not_found", "there is no such action; GET /actions lists them")
    form = parsed(c.ACTIONS[type].input, json.dumps(ask.input), below="input")
    return await context.act(c.ACTIONS[type], where.complete(TenantParam(tenant=ask.tenant).complete(form)))


@router.get("/customers", **of_action(c.FIND_CUSTOMERS))
async def find_customers(context: Context, form: Annotated[i.FindCustomers, Query()]) -> Response:
    return await context.act(c.FIND_CUSTOMERS, form)


@router.post("/customers", **of_action(c.CREATE_CUSTOMER, 201, 200))
async def create_customer(
    context: Context, where: InTenant, form: Annotated[i.CreateCustomer, Depends(json_body(i.CreateCustomer))]
) -> Response:
    return await context.act(c.CREATE_CUSTOMER, where.complete(form))


@router.get("/customers/{customer_id}", **of_action(c.GET_CUSTOMER))
async def get_customer(context: Context, customer_id: CustomerId, where: InTenant) -> Response:
    return await context.act(c.GET_CUSTOMER, i.GetCustomer(customer_id=customer_id, tenant=where.tenant))


@router.get("/customers/{customer_id}/state", **of_action(c.GET_STATE))
async def get_state(context: Context, customer_id: CustomerId, where: InTenant) -> Response:
    return await context.act(c.GET_STATE, i.GetState(customer_id=customer_id, tenant=where.tenant))


@router.put("/customers/{customer_id}/state", **of_action(c.UPDATE_STATE, 202, body=i.SetState))
async def update_state(
    context: Context,
    customer_id: CustomerId,
    where: InTenant,
    form: Annotated[i.SetState, Depends(json_body(i.SetState))],
) -> Response:
    return await context.act(
        c.UPDATE_STATE, where.complete(i.UpdateState(customer_id=customer_id, **form.model_dump()))
    )


@router.put("/customers/{customer_id}/contact", **of_action(c.LINK_CONTACT, body=i.SetContact))
async def link_contact(
    context: Context,
    customer_id: CustomerId,
    where: InTenant,
    form: Annotated[i.SetContact, Depends(json_body(i.SetContact))],
) -> Response:
    return await context.act(
        c.LINK_CONTACT, where.complete(i.LinkContact(customer_id=customer_id, **form.model_dump()))
    )


@router.get("/transitions/{transition_id}", **of_action(c.CHECK_TRANSITION))
async def check_transition(context: Context, transition_id: TransitionId, where: InTenant) -> Response:
    return await context.act(c.CHECK_TRANSITION, i.CheckTransition(transition_id=transition_id, tenant=where.tenant))


@router.get("/appointments", **of_action(c.GET_APPOINTMENTS))
async def get_appointments(context: Context, form: Annotated[i.GetAppointments, Query()]) -> Response:
    return await context.act(c.GET_APPOINTMENTS, form)


@router.get("/jobs", **of_action(c.GET_JOBS))
async def get_jobs(context: Context, form: Annotated[i.GetJobs, Query()]) -> Response:
    return await context.act(c.GET_JOBS, form)


@router.get("/estimates", **of_action(c.GET_ESTIMATES))
async def get_estimates(context: Context, form: Annotated[i.GetEstimates, Query()]) -> Response:
    return await context.act(c.GET_ESTIMATES, form)


@router.get("/leads", **of_action(c.GET_LEADS))
async def get_leads(context: Context, form: Annotated[i.GetLeads, Query()]) -> Response:
    return await context.act(c.GET_LEADS, form)


@router.post("/leads", **of_action(c.CREATE_LEAD, 201))
async def create_lead(
    context: Context, where: InTenant, form: Annotated[i.CreateLead, Depends(json_body(i.CreateLead))]
) -> Response:
    return await context.act(c.CREATE_LEAD, where.complete(form))


@router.post("/bookings", **of_action(c.CREATE_BOOKING, 201))
async def create_booking(
    context: Context, where: InTenant, form: Annotated[i.CreateBooking, Depends(json_body(i.CreateBooking))]
) -> Response:
    return await context.act(c.CREATE_BOOKING, where.complete(form))
