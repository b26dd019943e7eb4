"""The console: what happened, what waits for a person, and the hand to decide it (pages by plain links and forms)."""

import logging
from collections.abc import Callable
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from pipelines.actions.context import Services
from pipelines.actions.routes.sync_launcher import Dagster
from pipelines.actions.web.problems import Problem
from pipelines.clock import Clock, now
from pipelines.console.context import Console
from pipelines.console.door import Door
from pipelines.console.guard import SIGN_IN, came_from, guard, way_back
from pipelines.console.invalid import sentence
from pipelines.console.pages import (
    customer,
    customers,
    deciding,
    decisions,
    deliveries,
    docs,
    integrations,
    leads,
    overview,
    rehearsal,
    report,
    rules,
    sign_in,
)
from pipelines.console.passwords import Passwords
from pipelines.console.refusals import Refusal, SignedOut
from pipelines.console.rendering import FILES, render
from pipelines.console.sessions import Sessions
from pipelines.operations import OperationsError
from pipelines.settings import Settings

log = logging.getLogger("pipelines.console")
PAGES = (
    *(sign_in, overview, customers, customer, deliveries, deciding),
    *(leads, report, docs, integrations, rules, rehearsal, decisions),
)


def app(settings: Settings, services: Services, dagster: Dagster, clock: Clock = now) -> FastAPI:
    """``services``, ``dagster``: the actions API's, whose start and end are theirs."""
    console = FastAPI(
        title="servicetitan-flow console",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(guard)],
        redirect_slashes=False,
    )
    console.state.console = Console(settings, clock, services, dagster, Sessions(settings.users, services.store))
    console.state.passwords = Passwords(settings.users)
    console.mount("/console/static", StaticFiles(directory=FILES), name="static")
    for page in PAGES:
        console.include_router(page.router)
    for kind, answer in ANSWERS.items():
        console.add_exception_handler(kind, answer)
    console.add_middleware(Door, public=settings.console_url)
    return console


def _to_the_form(request: Request, _error: Exception) -> Response:
    """A page is shown after signing in; what was posted is not done then, and its form's page is shown."""
    if request.method in ("GET", "HEAD"):
        asked = {"next": request.url.path + (f"?{request.url.query}" if request.url.query else "")}
    else:
        asked = {"next": came_from(request), "ended": "yes"}
    return RedirectResponse(f"{SIGN_IN}?{urlencode(asked)}", 303)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    response = render(request, "refusal.html", error.status, words=error.words, back=way_back(request))
    response.headers.update(error.headers)
    return response


def _problem(request: Request, error: Exception) -> Response:
    """Of a function that the actions share."""
    assert isinstance(error, Problem)
    return _refused(request, Refusal(error.status, error.words, error.headers))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _refused(request, Refusal(404, sentence(error.errors()[0])))


def _by_the_router(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _refused(request, Refusal(error.status_code, "there is no such page", error.headers))


def _not_recorded(request: Request, error: Exception) -> Response:
    log.error("%s", error)
    return _refused(request, Refusal(503, f"nothing was done: {error}"))


ANSWERS: dict[type[Exception], Callable[[Request, Exception], Response]] = {
    SignedOut: _to_the_form,
    Refusal: _refused,
    Problem: _problem,
    RequestValidationError: _invalid,
    HTTPException: _by_the_router,
    OperationsError: _not_recorded,
}
