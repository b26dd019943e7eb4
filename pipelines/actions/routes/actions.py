"""The routes of the actions, and the one door to all of them."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from pipelines.actions import catalogue as c
from pipelines.actions.schemas import inputs as i
from pipelines.actions.schemas.fields import TENANT, Id, TenantRef
from pipelines.actions.web.dependencies import AtDesk, json_body, parsed
from pipelines.actions.web.openapi import documented, of_action
from pipelines.actions.web.problems import Problem
from pipelines.actions.web.tenant_param import Alone, InTenant, Where

router = APIRouter(tags=["actions"])

CustomerId = Annotated[Id, Path(description="ServiceTitan's customer id")]


class Catalogue(BaseModel):
    tenants: list[str] = Field(description="The choices for `tenant`")
    actions: list[c.CatalogueEntry]


class Ask(BaseModel):
    """One action, as a node calls it."""

    model_config = ConfigDict(extra="forbid")

    tenant: TenantRef | None = Field(None, description=TENANT)
    input: dict[str, Any] = Field({}, description="As the action's input_schema says")


class AnyResult(BaseModel):
    """As the action's result_schema says."""

    model_config = ConfigDict(extra="allow")


@router.get("/actions", **documented(Catalogue, summary="The catalogue of the actions"))
def actions(desk: AtDesk, _alone: Alone) -> Response:
    entries = [c.entry(action) for action in c.ACTIONS.values() if desk.access.writes or not action.writes]
    listed = Catalogue(tenants=[tenant.name for tenant in desk.tenants()], actions=entries)
    return Response(listed.model_dump_json(), media_type="application/json")


@router.post("/actions/{type}", **documented(AnyResult, 200, 201, 202, body=Ask, summary="Run an action"))
async def act(desk: AtDesk, type: str, where: InTenant, ask: Annotated[Ask, Depends(json_body(Ask))]) -> Response:
    if type not in c.ACTIONS:
        raise Problem("not_found", "there is no such action; GET /actions lists them")
    form = parsed(c.ACTIONS[type].input, json.dumps(ask.input), below="input")
    return await desk.act(c.ACTIONS[type], where.put_into(Where(tenant=ask.tenant).put_into(form)))


@router.get("/customers", **of_action(c.FIND_CUSTOMERS))
async def find_customers(desk: AtDesk, form: Annotated[i.FindCustomers, Query()]) -> Response:
    return await desk.act(c.FIND_CUSTOMERS, form)


@router.post("/customers", **of_action(c.CREATE_CUSTOMER, 201, 200))
async def create_customer(
    desk: AtDesk, where: InTenant, form: Annotated[i.CreateCustomer, Depends(json_body(i.CreateCustomer))]
) -> Response:
    return await desk.act(c.CREATE_CUSTOMER, where.put_into(form))


@router.get("/customers/{customer_id}", **of_action(c.GET_CUSTOMER))
async def get_customer(desk: AtDesk, customer_id: CustomerId, where: InTenant) -> Response:
    return await desk.act(c.GET_CUSTOMER, i.GetCustomer(customer_id=customer_id, tenant=where.tenant))


@router.get("/customers/{customer_id}/state", **of_action(c.GET_STATE))
async def get_state(desk: AtDesk, customer_id: CustomerId, where: InTenant) -> Response:
    return await desk.act(c.GET_STATE, i.GetState(customer_id=customer_id, tenant=where.tenant))


@router.put("/customers/{customer_id}/state", **of_action(c.UPDATE_STATE, 202, body=i.SetState))
async def update_state(
    desk: AtDesk,
    customer_id: CustomerId,
    where: InTenant,
    form: Annotated[i.SetState, Depends(json_body(i.SetState))],
) -> Response:
    return await desk.act(c.UPDATE_STATE, where.put_into(i.UpdateState(customer_id=customer_id, **form.model_dump())))


@router.get("/appointments", **of_action(c.GET_APPOINTMENTS))
async def get_appointments(desk: AtDesk, form: Annotated[i.GetAppointments, Query()]) -> Response:
    return await desk.act(c.GET_APPOINTMENTS, form)


@router.get("/jobs", **of_action(c.GET_JOBS))
async def get_jobs(desk: AtDesk, form: Annotated[i.GetJobs, Query()]) -> Response:
    return await desk.act(c.GET_JOBS, form)


@router.get("/estimates", **of_action(c.GET_ESTIMATES))
async def get_estimates(desk: AtDesk, form: Annotated[i.GetEstimates, Query()]) -> Response:
    return await desk.act(c.GET_ESTIMATES, form)


@router.get("/leads", **of_action(c.GET_LEADS))
async def get_leads(desk: AtDesk, form: Annotated[i.GetLeads, Query()]) -> Response:
    return await desk.act(c.GET_LEADS, form)


@router.post("/leads", **of_action(c.CREATE_LEAD, 201))
async def create_lead(
    desk: AtDesk, where: InTenant, form: Annotated[i.CreateLead, Depends(json_body(i.CreateLead))]
) -> Response:
    return await desk.act(c.CREATE_LEAD, where.put_into(form))


@router.post("/bookings", **of_action(c.CREATE_BOOKING, 201))
async def create_booking(
    desk: AtDesk, where: InTenant, form: Annotated[i.CreateBooking, Depends(json_body(i.CreateBooking))]
) -> Response:
    return await desk.act(c.CREATE_BOOKING, where.put_into(form))
