"""What the inputs of actions may be chosen from."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from pipelines.actions.crm.options import OPTIONS, OptionLists
from pipelines.actions.schemas.inputs import ListOptions, SearchOptions
from pipelines.actions.schemas.results import OptionPage
from pipelines.actions.web.dependencies import Context
from pipelines.actions.web.openapi import documented
from pipelines.actions.web.problems import Problem
from pipelines.actions.web.servicetitan_problems import as_problem
from pipelines.servicetitan.api.errors import ServiceTitanError
from pipelines.tenants.per_tenant import PerTenant

router = APIRouter(tags=["actions"])
Field = Annotated[
    str,
    Path(
        description="The input's name; x-options of its schema names this route", json_schema_extra={"enum": [*OPTIONS]}
    ),
]


@router.get("/options/{field}", **documented(OptionPage, summary="What an input may be chosen from"))
async def list_options(
    request: Request, context: Context, field: Field, asked: Annotated[SearchOptions, Query()]
) -> Response:
    if field not in OPTIONS:
        raise Problem("not_found", f"nothing is chosen for such a field; expected one of {', '.join(OPTIONS)}")
    lists: PerTenant[OptionLists] = request.app.state.options
    try:
        page = await lists[context.tenant(asked.tenant)].page(ListOptions(field=field, **asked.model_dump()))
    except ServiceTitanError as error:
        raise as_problem(error) from None
    return Response(page.model_dump_json(), media_type="application/json")
