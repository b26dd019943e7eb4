"""What one answer to a single call means: for a read, and for a write, which must not be repeated blindly."""

from collections.abc import Callable
from typing import Any, TypeVar

import httpx
import orjson

from pipelines.servicetitan.api.errors import (
    AccessRefused,
    Invalid,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    ScopeMissing,
    ServiceTitanError,
    TransientError,
    Unavailable,
    describe,
)
from pipelines.servicetitan.api.retry import asked_wait
from pipelines.texts import mended

Json = dict[str, Any]
T = TypeVar("T")


def json_object(content: bytes) -> Json:
    """Raises ValueError. A lone surrogate in somebody's name, which orjson refuses, costs one character and not the
    answer."""
    try:
        body = orjson.loads(content)
    except ValueError:
        body = orjson.loads(mended(content))
    if not isinstance(body, dict):
        raise ValueError("no JSON object")
    return body


def parse(
    response: httpx.Response,
    scope: str,
    writing: bool,
    decode: Callable[[bytes], T] = json_object,  # type: ignore[assignment]
) -> T:
    """The body of a 200; ``decode`` raises ValueError for one that is broken. Raises `TransientError` and
    `ServiceTitanError`."""
    refuse_transient(response, writing)
    if response.status_code != 200:
        raise failure(response, scope)
    try:
        return decode(response.content)
    except ValueError as error:
        what = f"HTTP 200 with a body that cannot be read ({error})"
        raise ambiguous(what, "HTTP 200 with a body that is no JSON object", writing) from None


def refuse_transient(response: httpx.Response, writing: bool = False) -> None:
    """Raises what the server's bad moments come to: 408, 429, 5xx."""
    status = response.status_code
    if status in (429, 503):
        wait = asked_wait(response)
        if writing and status == 503:  # a gateway says so too when it lost the server behind it, at work or not
            raise OutcomeUnknown(f"HTTP {status}", busy=wait or 1)
        raise TransientError(describe(response), RateLimited(f"HTTP {status}", wait or 1), wait)
    if status == 408 or status >= 500:
        raise ambiguous(describe(response), f"HTTP {status}", writing)


def ambiguous(what: str, brief: str, writing: bool) -> Exception:
    """No answer came, or one that cannot be read; ``brief`` is for callers."""
    return OutcomeUnknown(brief) if writing else TransientError(what, Unavailable(brief))


def failure(response: httpx.Response, scope: str) -> ServiceTitanError:
    status, what = response.status_code, describe(response)
    if status == 401:
        return AccessRefused(f"{what}: a fresh token was not taken; is the app connected in this tenant?")
    if status == 403:
        return ScopeMissing(f"{what}: the app needs the scope {scope} in this tenant", scope)
    if status == 404:
        return NotFound(what)
    if status in (400, 409, 422):
        return Invalid(what, status, _errors(response))
    return Refused(what)


def _errors(response: httpx.Response) -> dict[str, list[str]]:
    """ServiceTitan's ``errors``: a field's name -> its messages; without any, the title stands for them."""
    try:
        body = orjson.loads(response.content)
        errors = body.get("errors") or {"": [body["title"]]}
        return {str(name): [str(message) for message in messages] for name, messages in errors.items()}
    except (ValueError, AttributeError, KeyError, TypeError):
        return {}
