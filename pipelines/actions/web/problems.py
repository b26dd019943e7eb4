"""The one shape of every error: problem details of RFC 9457, as ``application/problem+json``."""

import logging
import re
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from pipelines.operations import OperationsError

log = logging.getLogger("pipelines.actions")

# code -> status and title
PROBLEMS: dict[str, tuple[int, str]] = {
    "malformed": (400, "The request cannot be read"),
    "idempotency_key_missing": (400, "A write needs an Idempotency-Key header"),
    "unauthenticated": (401, "A bearer token is needed"),
    "not_permitted": (403, "Not permitted"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "The route does not take this method"),
    "too_slow": (408, "The request took too long to arrive"),
    "needs_review": (409, "A person has to say who is meant"),
    "linked": (409, "The link is there already, and another one"),
    "state_differs": (409, "The customer is in another state"),
    "in_progress": (409, "The first request with this key is under way"),
    "not_stored": (409, "The tenant cannot be stored here"),
    "settled": (409, "The lead waits for no decision"),
    "too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The body must be JSON"),
    "invalid_request": (422, "The request is not valid"),
    "key_reused": (422, "The key was used for another request"),
    "rejected": (422, "ServiceTitan rejected the request"),
    "not_connected": (422, "ServiceTitan does not let the tenant in"),
    "not_configured": (422, "A setting is missing"),
    "too_many_requests": (429, "Too many requests"),
    "internal": (500, "Something went wrong here"),
    "unavailable": (502, "ServiceTitan does not answer as it should"),
    "in_doubt": (502, "It is not known whether ServiceTitan carried the write out"),
    "not_recorded": (503, "the operations store cannot be written"),
    "sync_unavailable": (502, "Dagster does not answer as it should"),
    "busy": (503, "ServiceTitan is busy"),
    "tenant_away": (503, "The tenant is not connected"),
}
BY_STATUS = {404: "not_found", 405: "method_not_allowed", 415: "unsupported_media_type"}
MEDIA_TYPE = "application/problem+json"
AGAIN = "repeat the request with the same Idempotency-Key"


class ProblemDetails(BaseModel):
    type: str = Field(description="The problem's kind as a URN; its last part is `code`")
    code: str = Field(description="The problem's kind", json_schema_extra={"enum": [*PROBLEMS]})
    title: str
    status: int
    detail: str = Field(description="What was wrong here, and the way out")
    errors: dict[str, list[str]] | None = Field(None, description="Field -> what is wrong with it")


class Problem(Exception):
    """Raised anywhere, answered as problem details. ``members`` are further ones of the body."""

    def __init__(self, code: str, detail: str, retry_after: float | None = None, **members: Any) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.members = code, detail, members
        self.status, self.title = PROBLEMS[code]
        self.headers = {} if retry_after is None else {"retry-after": str(max(1, round(retry_after)))}
        if self.status == 401:
            self.headers["www-authenticate"] = "Bearer"

    @property
    def words(self) -> str:
        """For a person, without the fields' names."""
        wrong = [text for texts in self.members.get("errors", {}).values() for text in texts]
        return "; ".join(wrong) or self.detail

    def body(self) -> bytes:
        known = {
            "type": f"urn:servicetitan-flow:problem:{self.code}",
            "code": self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        return orjson.dumps(known | self.members)

    def response(self) -> Response:
        return Response(self.body(), self.status, self.headers, media_type=MEDIA_TYPE)


def answer_problems(app: FastAPI) -> None:
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused_by_the_router)
    app.add_exception_handler(OperationsError, _not_recorded)


def _problem(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return problem.response()


def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return invalid(error.errors(), skip=1).response()


def _refused_by_the_router(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = BY_STATUS.get(error.status_code, "malformed")
    problem = Problem(code, f"{HTTPStatus(error.status_code).phrase}; the routes are listed in /openapi.json")
    if error.status_code == 405:
        problem.headers["allow"] = ", ".join(_methods(request.app, request.url.path))
    return problem.response()


def _methods(app: FastAPI, path: str) -> list[str]:
    """Of all routes with this path; the router knows those of the first one only."""
    templates = (template for template in app.openapi()["paths"] if compile_path(template)[0].match(path))
    return sorted({method.upper() for template in templates for method in app.openapi()["paths"][template]})


def _not_recorded(_request: Request, error: Exception) -> Response:
    log.error("%s", error)
    return Problem("not_recorded", AGAIN, retry_after=10).response()


def unforeseen(request: Request, error: Exception) -> Problem:
    """Logs where it happened, but not the error's message, which may quote what the request held."""
    place = "".join(traceback.format_tb(error.__traceback__))
    route = getattr(request.scope.get("route"), "path", "(no route)")
    log.error("%s %s: %s\n%s", request.method, route, type(error).__name__, place)
    return Problem("internal", "the log of the API says where")


PYDANTIC = re.compile(r"(constrained|function)-")  # its own names for the ways to read a value


def invalid(errors: Any, skip: int = 0, below: str = "") -> Problem:
    """Of pydantic's errors; ``skip`` drops first words of each place, such as ``query``, ``below`` goes before it."""
    fields: dict[str, list[str]] = {}
    for error in errors:
        if error["type"] == "json_invalid":
            return Problem("malformed", "the body is no JSON object")
        words = [word for word in error["loc"][skip:] if not PYDANTIC.match(str(word))]
        place = ".".join(filter(None, (below, *map(str, words))))
        fields.setdefault(place, []).append(_message(error))
    named = ", ".join(name for name in fields if name)
    return Problem("invalid_request", f"see errors: {named}" if named else "see errors", errors=fields)


def _message(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such field"
    return str(error["msg"]).removeprefix("Value error, ")
