"""The routes beside the actions: the integration card, connecting, health, starting a sync."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from pipelines.actions.routes.status import Connected, Health, Integration, connect, health, integration
from pipelines.actions.routes.sync_launcher import Dagster, StartedSync
from pipelines.actions.schemas.fields import Input
from pipelines.actions.web.admission import OpenRoute
from pipelines.actions.web.dependencies import Context, json_body
from pipelines.actions.web.openapi import documented
from pipelines.actions.web.servicetitan_problems import as_problem
from pipelines.actions.web.tenant_param import Alone, InTenant
from pipelines.servicetitan.api.errors import ServiceTitanError

router = APIRouter(tags=["service"])
open_router = APIRouter(tags=["service"], route_class=OpenRoute)


class OnlyTenant(Input):
    pass


Body = Annotated[OnlyTenant, Depends(json_body(OnlyTenant, empty="{}"))]


@router.get("/integration", **documented(Integration, summary="The integration card"))
def get_integration(context: Context, _alone: Alone) -> Response:
    return Response(integration(context.services, context.tenants()).model_dump_json(), media_type="application/json")


@router.post(
    "/auth",
    **documented(Connected, body=OnlyTenant, body_required=False, summary="Connect: ask ServiceTitan for a token"),
)
async def post_auth(context: Context, where: InTenant, form: Body) -> Response:
    tenant = context.tenant(where.complete(form).tenant)
    try:
        connected = await context.services.workers[tenant].reads.run(partial(connect, context.services, tenant))
    except ServiceTitanError as error:
        raise as_problem(error) from None
    return Response(connected.model_dump_json(), media_type="application/json")


@router.post("/sync", **documented(StartedSync, 202, body=OnlyTenant, body_required=False, summary="Start a sync"))
async def post_sync(request: Request, context: Context, where: InTenant, form: Body) -> Response:
    context.may_write()
    name = where.complete(form).tenant
    tenants = [context.tenant(name)] if name else context.tenants()
    every = len(tenants) == len(context.services.tenants())
    dagster: Dagster = request.app.state.dagster
    names = [] if every else [tenant.name for tenant in tenants]
    started = await dagster.places.run(partial(dagster.start_sync, names))
    return Response(started.model_dump_json(), 202, media_type="application/json")


@open_router.get("/health", **documented(Health, summary="Process, ServiceTitan, age of the last sync"))
def get_health(request: Request, _alone: Alone) -> Response:
    return Response(health(request.app.state.services).model_dump_json(), media_type="application/json")
