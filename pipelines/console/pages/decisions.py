"""Who did what, when and why."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from pipelines.console.context import Here
from pipelines.console.guard import Visitor
from pipelines.console.rendering import render
from pipelines.operations import decisions

router = APIRouter()
PAGE = 50
Page = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/console/decisions")
def show(request: Request, console: Here, session: Visitor, page: Page = 1) -> Response:
    tenants = console.tenants_by_id(session)
    bound = None if session.user.tenants is None else [*tenants]
    with console.services.store.reading() as con:
        found = decisions.newest(con, bound, limit=PAGE + 1, offset=(page - 1) * PAGE)
    more = len(found) > PAGE
    return render(request, "decisions.html", decisions=found[:PAGE], known=tenants, page=page, has_more=more)
