"""The whole story on one page, in five steps, each with what has come of it so far; and the node's way to the API."""

import httpx
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.simulator.flow_builder.api import PASSED_BACK
from tests.simulator.flow_builder.pages.forms import own
from tests.simulator.flow_builder.pages.inbox import letters
from tests.simulator.flow_builder.pages.rendering import html
from tests.simulator.flow_builder.studio import Studio

METHODS = ["GET", "POST", "PUT", "DELETE"]


def tour_routes(studio: Studio) -> list[Route]:
    async def tour(_request: Request) -> Response:
        everything = letters(studio)
        mailed = [one for one in everything if one.result == "mailed" and not one.is_test]
        tested = [(plan, log) for plan in studio.canvas.all() for log in plan.runs if log.is_test and log.is_good]
        linked = [one for one in studio.contacts.all() if one.customer_id]
        return html(
            "tour.html",
            here="tour",
            studio=studio,
            mailed=mailed,
            held=[one for one in everything if one.result == "held"],
            tested=tested,
            linked=linked,
        )

    return [Route("/tour", tour, methods=["GET"])]


def proxy_route(studio: Studio) -> Route:
    """What the node calls: the API, with the token that only this back end has."""

    async def forward(request: Request) -> Response:
        path = "/" + request.path_params["path"].removeprefix("api/servicetitan/")
        body = await request.body()
        asked = (request.method, path, request.url.query, request.headers, body)
        try:
            answer = await run_in_threadpool(studio.api.forward, *asked)
        except httpx.TransportError:
            return PlainTextResponse("the actions API does not answer", 502)
        kept = {name: answer.headers[name] for name in PASSED_BACK if name in answer.headers}
        return Response(answer.content, answer.status_code, kept)

    return Route("/servicetitan/{path:path}", own(forward), methods=METHODS)
