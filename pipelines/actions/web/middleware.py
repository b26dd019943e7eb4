"""What stands before every route: the size of the body, the token, the rate. Nothing is parsed before they agree."""

import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NoReturn

from pydantic import SecretStr
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pipelines.actions.inbound_leads.signature import check_headers, verified_id
from pipelines.actions.web.bodies import Bodies, is_small, replay
from pipelines.actions.web.problems import Problem, unforeseen
from pipelines.actions.web.tokens import WEBHOOK, ApiToken, access_of
from pipelines.clock import Clock, now

log = logging.getLogger("pipelines.actions.access")

Answered = Callable[[str, str, int, float], None]  # method, route, status, seconds

BURST_SECONDS = 3  # of the allowed rate may come at once
NO_TOKEN = "send Authorization: Bearer and a token of ACTIONS_TOKENS"


class TokenBuckets:
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


class Middleware:
    """ASGI middleware; puts the caller's `ApiToken` into ``request.state.access``, None for who comes to an open route,
    and the id of a signed message into ``request.state.message``.

    Who shows neither token nor signature is refused before anything is read, and takes from nobody who does: whoever
    signs has a bucket of his own, and his signature is verified before he draws on it.
    """

    def __init__(
        self,
        app: ASGIApp,
        known: tuple[ApiToken, ...],
        rates: TokenBuckets,
        secret: SecretStr | None,
        clock: Clock = now,
        *,
        open_paths: frozenset[str],
        signed_paths: frozenset[str],
        answered: Answered,
    ) -> None:
        self._answered = answered
        self._app, self._known, self._rates, self._secret, self._clock = app, known, rates, secret, clock
        self._open, self._signed = open_paths, signed_paths
        self._bodies = Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request, began = Request(scope), time.monotonic()
        status: list[int] = []
        try:
            access = self._admit(request)
            body = await self._bodies.whole(request, receive, vouched=access is not None)
            self._identify(request, access, body)
            await self._app(scope, replay(body, receive), _noting(status, send))
        except Exception as error:
            problem = error if isinstance(error, Problem) else unforeseen(request, error)
            if not status:
                await problem.response()(scope, receive, _noting(status, send))
        finally:
            self._note(request, status[0] if status else 0, time.monotonic() - began)

    def _admit(self, request: Request) -> ApiToken | None:
        """By what is known before the body. Raises `Problem`."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and (access := access_of(token.strip(), self._known)):
            request.state.access = access
            self._rates.take(access.name)
            return access
        if request.url.path in self._open:
            self._rates.take(f"open to {_address(request)}")
        elif not self._is_signed(request):
            self._refuse(request, Problem("unauthenticated", NO_TOKEN))
        else:
            try:
                check_headers(request.headers, self._secret, self._clock())
            except Problem as problem:
                self._refuse(request, problem)
        return None

    def _identify(self, request: Request, access: ApiToken | None, body: bytes) -> None:
        """Raises `Problem`."""
        request.state.access, request.state.message = access, None
        if access or not self._is_signed(request):
            return
        try:
            request.state.message = verified_id(request.headers, body, self._secret, self._clock())
        except Problem as problem:
            self._refuse(request, problem)
        request.state.access = WEBHOOK
        self._rates.take(WEBHOOK.name)

    def _is_signed(self, request: Request) -> bool:
        """As it says."""
        is_there = request.method == "POST" and request.url.path in self._signed
        return is_there and "webhook-signature" in request.headers

    def _refuse(self, request: Request, problem: Problem) -> NoReturn:
        try:
            self._rates.take(f"refused from {_address(request)}")
        except Problem as too_many:
            problem = too_many
        if not is_small(request):
            problem.headers["connection"] = "close"  # what is left of the body is not taken in
        raise problem from None

    def _note(self, request: Request, status: int, seconds: float) -> None:
        """One line per request, without the query and the path's values: they may hold contact data."""
        access = getattr(request.state, "access", None)
        route = getattr(request.scope.get("route"), "path", "(no route)")
        self._answered(request.method, route, status, seconds)
        level = logging.DEBUG if access is None and status == 429 else logging.INFO  # a flood must not fill the log
        caller = access.name if access else "-"
        log.log(level, "%s %s %s %s %.0f ms", caller, request.method, route, status, seconds * 1000)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _noting(status: list[int], send: Send) -> Callable[[MutableMapping[str, Any]], Awaitable[None]]:
    async def noting(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])
        await send(message)

    return noting
