"""What the OpenAPI document says of a route beyond its signature."""

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from fastapi import FastAPI
from pydantic import BaseModel

from pipelines.actions.action import Action
from pipelines.actions.schemas.json_schema import body_schema, result_schema
from pipelines.actions.web.problems import MEDIA_TYPE, ProblemDetails

KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "New for each new write, the same on every repeat of it",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
PROBLEM = {
    "description": "A problem; `code` says which",
    "content": {MEDIA_TYPE: {"schema": body_schema(ProblemDetails)}},
}


def name_whole_paths(api: FastAPI, prefix: str) -> None:
    """In the document, also of the routes that list the choices of an id."""
    described = api.openapi
    api.openapi = cache(lambda: cast(dict[str, Any], _below(prefix, described())))  # type: ignore[method-assign]


def _below(prefix: str, part: Any) -> Any:
    if isinstance(part, list):
        return [_below(prefix, one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: prefix + value if name == "x-options" and isinstance(value, str) else _below(prefix, value)
        for name, value in part.items()
    }


def documented(
    result: type[BaseModel],
    *statuses: int,
    body: type[BaseModel] | None = None,
    body_required: bool = True,
    needs_key: bool = False,
    takes_key: bool = False,
    **about: Any,
) -> dict[str, Any]:
    """Arguments of a route's decorator."""
    success = {"description": "Success", "content": {"application/json": {"schema": result_schema(result)}}}
    extra: dict[str, Any] = {}
    if body:
        extra["requestBody"] = {
            "required": body_required,
            "content": {"application/json": {"schema": body_schema(body)}},
        }
    if needs_key:
        extra["parameters"] = [KEY_HEADER]
    if takes_key:
        extra["parameters"] = [KEY_HEADER | {"required": False}]
    responses: Mapping[int | str, Any] = {**dict.fromkeys(statuses or (200,), success), "4XX": PROBLEM, "5XX": PROBLEM}
    first = (statuses or (200,))[0]
    return {"responses": responses, "openapi_extra": extra, "status_code": first, "response_model": None, **about}


def of_action(action: Action[Any, Any], *statuses: int, body: type[BaseModel] | None = None) -> dict[str, Any]:
    body = (body or action.input) if action.writes else None
    about: dict[str, Any] = {"summary": action.label, "description": action.description}
    return documented(action.result, *statuses, body=body, needs_key=action.writes, **about)
