"""Pages of other origins that may call the API from a browser: ``ACTIONS_ORIGINS``, by name."""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from pipelines.actions.web.problems import Problem

METHODS = ("GET", "POST", "PUT", "DELETE")
HEADERS = ("Authorization", "Idempotency-Key")
SHOWN = ("Idempotent-Replayed", "Retry-After")


class Origins(CORSMiddleware):
    """Stands before all else, so that refusals can be read, too. A preflight carries no token and needs none: it is
    answered here, reads and tells nothing, and costs less than to be counted."""

    def __init__(self, app: ASGIApp, origins: list[str]) -> None:
        super().__init__(app, origins, METHODS, HEADERS, expose_headers=SHOWN, allow_private_network=True)

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        detail = f"{bytes(response.body).decode()}; ACTIONS_ORIGINS names the origins whose pages may call this"
        return Problem("not_permitted", detail).response()
