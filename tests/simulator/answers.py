"""What an endpoint answers with, before it becomes bytes, so that a fault can still spoil it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.simulator.wire import dumps

TITLES = {
    400: "One or more validation errors occurred.",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    429: "Rate limit is exceeded. Try again in 1 seconds.",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


@dataclass
class Page:
    """An envelope and its records, already rendered."""

    envelope: dict[str, Any]
    rows: list[bytes]

    def render(self) -> bytes:
        return dumps(self.envelope)[:-1] + b',"data":[' + b",".join(self.rows) + b"]}"


@dataclass
class Answer:
    """``body``: a page, something to render as JSON, ready bytes, or None for an empty body."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"

    def render(self) -> bytes:
        if isinstance(self.body, Page):
            return self.body.render()
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else dumps(self.body)


class Problem(Exception):
    """Ends a request with ServiceTitan's error object, or another answer."""

    def __init__(
        self,
        status: int = 400,
        errors: Mapping[str, str] | None = None,
        body: Literal["problem", "empty", "text"] = "problem",
        answer: Answer | None = None,
    ) -> None:
        super().__init__(status)
        text = Answer(TITLES[status].encode() if body == "text" else b"", status, content_type="text/plain")
        self.answer = answer or (problem(status, errors) if body == "problem" else text)


def problem(status: int, errors: Mapping[str, str] | None = None, title: str | None = None) -> Answer:
    body = {
        "type": f"https://httpstatuses.io/{status}",
        "title": title or TITLES.get(status, "Error"),
        "status": status,
        "traceId": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        "errors": {name: [reason] for name, reason in (errors or {}).items()},
        "data": {},
    }
    return Answer(body, status, content_type="application/problem+json; charset=utf-8")
