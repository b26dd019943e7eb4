"""What stands before the console's routes: the host that is asked for, the size of a body, and the headers of every
answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pipelines.actions.web.bodies import Bodies, replay
from pipelines.actions.web.problems import Problem, unforeseen
from pipelines.settings.values import LOOPBACK, split

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
NO_STORE = {"cache-control": "no-store", "cross-origin-resource-policy": "same-origin"}
# The node stands in pages of Flow Builder's origin, and a module is only loaded from elsewhere where it says so.
FOR_ALL = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
NODE = "/console/static/servicetitan-node.js"
STATIC = "/console/static/"
MAX_PAGES = 4  # that are made at once: the actions API answers in the same process


class Door:
    """ASGI middleware; puts the body into ``request.state.body``."""

    def __init__(self, app: ASGIApp, public: str) -> None:
        self._app, self._host = app, urlsplit(public).netloc or None
        self._bodies, self._places = Bodies(), asyncio.Semaphore(MAX_PAGES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        answering = _with_headers(send, headers_of(request.url.path))
        if not self._is_ours(request.headers.get("host", "")):
            words = "this is not the address of the console: set CONSOLE_URL to the one that browsers use\n"
            await PlainTextResponse(words, 400)(scope, receive, answering)
            return
        try:
            body = await self._bodies.whole(request, receive, vouched=False)
        except Problem as problem:
            headers = {name: problem.headers[name] for name in ("connection",) if name in problem.headers}
            await PlainTextResponse(f"{problem}\n", problem.status, headers)(scope, receive, answering)
            return
        request.state.body = body
        try:
            async with self._places if request.method == "GET" else nullcontext():
                await self._app(scope, replay(body, receive), answering)
        except Exception as error:
            unforeseen(request, error)  # says in the log where, and not what, which may be somebody's contact data
            words = "something went wrong here; the log of the server says where\n"
            await PlainTextResponse(words, 500)(scope, receive, answering)

    def _is_ours(self, host: str) -> bool:
        if self._host is not None:
            return host.lower() == self._host
        parts = split(f"http://{host}")
        return bool(parts and parts.hostname in LOOPBACK and "@" not in host)


def headers_of(path: str) -> Mapping[str, str]:
    if path == NODE:
        return HEADERS | FOR_ALL
    return HEADERS if path.startswith(STATIC) else HEADERS | NO_STORE


def _with_headers(send: Send, added: Mapping[str, str]) -> Callable[[MutableMapping[str, Any]], Awaitable[None]]:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in added.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
