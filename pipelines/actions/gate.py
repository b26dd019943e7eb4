"""What stands before every route: the size of the body, the token, the rate. Nothing is parsed before they agree."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.actions.access import Access, access_of
from pipelines.actions.problems import Problem, unforeseen

log = logging.getLogger("pipelines.actions.access")

PREFIX = "/api/servicetitan"
OPEN = {f"{PREFIX}/health", "/openapi.json", "/docs"}
SIGNED = f"{PREFIX}/webhooks/leads"
MOST_BYTES = 64 * 1024
BODY_SECONDS = 20
BURST_SECONDS = 3  # of the allowed rate may come at once


class Rates:
    """A bucket per caller, kept in memory."""

    def __init__(self, per_second: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._monotonic = per_second, monotonic
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, caller: str) -> None:
        """Raises `Problem`."""
        now, most = self._monotonic(), self._rate * BURST_SECONDS
        level, then = self._buckets.get(caller, (most, now))
        level = min(most, level + (now - then) * self._rate)
        if level < 1:
            raise Problem("too_many_requests", f"at most {self._rate:g} a second", (1 - level) / self._rate)
        if len(self._buckets) > 10_000:
            self._buckets.clear()
        self._buckets[caller] = (level - 1, now)


class Gate:
    """ASGI middleware; puts the caller's `Access` into ``request.state.access``, None for who signs the webhook."""

    def __init__(self, app: ASGIApp, known: tuple[Access, ...], rates: Rates) -> None:
        self._app, self._known, self._rates = app, known, rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request, began = Request(scope), time.monotonic()
        status: list[int] = []
        try:
            request.state.access = self._admit(request)
            body = await _whole_body(request, receive)
            await self._app(scope, _replay(body, receive), _noting(status, send))
        except Exception as error:
            problem = error if isinstance(error, Problem) else unforeseen(request, error)
            if not status:
                await problem.response()(scope, receive, _noting(status, send))
        finally:
            _note(request, status, time.monotonic() - began)

    def _admit(self, request: Request) -> Access | None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        access = access_of(token.strip(), self._known) if kind.lower() == "bearer" else None
        signed = request.url.path == SIGNED and "webhook-signature" in request.headers
        caller = access.name if access else f"from {request.client.host if request.client else ''}"
        self._rates.take(caller)
        if access is None and request.url.path not in OPEN and not (signed and request.method == "POST"):
            raise Problem("unauthenticated", "send Authorization: Bearer and a token of ACTIONS_TOKENS")
        return access


async def _whole_body(request: Request, receive: Receive) -> bytes:
    too_large = Problem("too_large", f"at most {MOST_BYTES} bytes")
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MOST_BYTES:
        raise too_large
    body, more = b"", True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)
                if len(body) > MOST_BYTES:
                    raise too_large
    except TimeoutError:
        raise Problem("too_slow", f"the body was not there after {BODY_SECONDS} s") from None
    return body


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _noting(status: list[int], send: Send) -> Callable[[MutableMapping[str, Any]], Awaitable[None]]:
    async def noting(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])
        await send(message)

    return noting


def _note(request: Request, status: list[int], seconds: float) -> None:
    """One line per request, without the query and the path's values: they may hold contact data."""
    access = getattr(request.state, "access", None)
    route = getattr(request.scope.get("route"), "path", "(no route)")
    outcome = status[0] if status else 0
    log.info("%s %s %s %s %.0f ms", access.name if access else "-", request.method, route, outcome, seconds * 1000)
