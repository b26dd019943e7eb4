"""What one answer to a single call means: for a read, and for a write, which must not be repeated blindly.

ServiceTitanError
├── Invalid           400, 409, 422: the request is at fault; ``errors`` by field
├── RateLimited       429, 503, or no free place: the way out is to wait ``retry_after`` seconds
└── OutcomeUnknown    a write was sent and nothing tells whether it was carried out
"""

from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from pipelines.servicetitan.api.bulk import failure
from pipelines.servicetitan.api.errors import AccessRefused, ServiceTitanError, TransientError, describe
from pipelines.servicetitan.api.retry import asked_wait
from pipelines.texts import mended

Json = dict[str, Any]


class Invalid(ServiceTitanError):
    def __init__(self, message: str, errors: Mapping[str, list[str]]) -> None:
        super().__init__(message)
        self.errors = dict(errors)


class RateLimited(ServiceTitanError):
    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class OutcomeUnknown(ServiceTitanError):
    """``busy``: after so many seconds the server, which was too busy to say more, may be asked again."""

    def __init__(self, message: str, busy: float | None = None) -> None:
        super().__init__(message)
        self.busy = busy


def ambiguous(message: str, writing: bool) -> Exception:
    """No answer came, or one that cannot be read."""
    return OutcomeUnknown(message) if writing else TransientError(message)


def parse(response: httpx.Response, scope: str, writing: bool) -> Json:
    """The body of a 200. Raises `TransientError` and `ServiceTitanError`."""
    status = response.status_code
    if status == 200:
        return _decoded(response, writing)
    if status == 401:
        raise TransientError(AccessRefused(f"{describe(response)}: is the app connected in this tenant?"), wait=0)
    if status in (400, 409, 422):
        raise Invalid(f"HTTP {status}", _errors(response))
    if status == 429 or (status == 503 and not writing):
        wait = asked_wait(response)
        raise TransientError(RateLimited(f"HTTP {status}", wait or 1), wait)
    if status == 503:  # a gateway says so too when it lost the server behind it, at work or not
        raise OutcomeUnknown("HTTP 503", busy=asked_wait(response) or 1)
    if status == 408 or status >= 500:
        raise ambiguous(f"HTTP {status}", writing)
    raise failure(response, scope)


def _decoded(response: httpx.Response, writing: bool) -> Json:
    try:
        body = _read(response.content)
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    raise ambiguous("HTTP 200 with a body that is no JSON object", writing)


def _read(content: bytes) -> Any:
    """A lone surrogate in somebody's name, which orjson refuses, costs one character and not the answer."""
    try:
        return orjson.loads(content)
    except ValueError:
        return orjson.loads(mended(content))


def _errors(response: httpx.Response) -> dict[str, list[str]]:
    """ServiceTitan's ``errors``: a field's name -> its messages; without any, the title stands for them."""
    try:
        body = orjson.loads(response.content)
        errors = body.get("errors") or {"": [body["title"]]}
        return {str(name): [str(message) for message in messages] for name, messages in errors.items()}
    except (ValueError, AttributeError, KeyError, TypeError):
        return {}
