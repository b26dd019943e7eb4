"""Who did what, when and why."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from pipelines.console.context import Here
from pipelines.console.guard import Visitor
from pipelines.console.rendering import render
from pipelines.operations import decisions

router = APIRouter()
PAGE = 50
Before = Annotated[int | None, Query(ge=1, le=2**62)]


@router.get("/console/decisions")
def show(request: Request, console: Here, session: Visitor, before: Before = None) -> Response:
    """``before``: the id of the last one that was shown, to go on."""
    tenants = console.tenants_by_id(session)
    bound = None if session.user.tenants is None else [*tenants]
    with console.reading() as con:
        found = decisions.newest(con, bound, before=before, most=PAGE + 1)
    older = found[PAGE - 1].id if len(found) > PAGE else None
    return render(request, "decisions.html", decisions=found[:PAGE], known=tenants, before=before, older=older)
