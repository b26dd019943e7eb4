"""Is it running, and what waits for me?"""

from fastapi import APIRouter, Request, Response

from pipelines.console.context import Here
from pipelines.console.guard import Visitor
from pipelines.console.rendering import render

router = APIRouter()


@router.get("/console")
def show(request: Request, console: Here, session: Visitor) -> Response:
    return render(request, "overview.html", mine=console.tenants(session))
