"""A stand-in for Flow Builder: takes deliveries, verifies their signature, fails to order, shows what came."""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import orjson
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.simulator.clock import Clock
from tests.simulator.flow_builder.pages.received import received_page
from tests.simulator.flow_builder.pages.rendering import STATIC
from tests.simulator.wire_faults import Dropped

TOLERANCE = timedelta(minutes=5)  # of the signed time, as the Standard Webhooks libraries have it


@dataclass
class Reply:
    """What a coming delivery is answered with; ``drop`` resets the connection once the body has been read."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = '{"ok": true}'
    delay: float = 0
    drop: bool = False


@dataclass
class Received:
    """One attempt that arrived. ``attempt`` counts those with this id from 1; ``status`` None: the answer was lost."""

    received_at: str
    id: str | None
    verified: bool
    body: Any
    raw: bytes
    headers: dict[str, str]
    attempt: int
    status: int | None

    def as_json(self) -> dict[str, Any]:
        shown = {name: getattr(self, name) for name in ("received_at", "id", "verified", "body", "headers", "attempt")}
        return {**shown, "status": self.status}


class Listener(Protocol):
    """What hears each message that was verified and answered with success."""

    def take(self, webhook_id: str, body: Mapping[str, Any], now: datetime) -> object: ...


class Receiver:
    """``clock`` set: signed times are compared with it; None: with the machine's, by the standardwebhooks package.
    ``listener``: whose flows run; without one none do. ``routes``: pages beside that of what came; ``shell``: what they
    share with it."""

    url = ""  # where it answers, once it runs

    def __init__(
        self,
        secrets: Sequence[str],
        clock: Clock | None = None,
        listener: Listener | None = None,
        routes: Sequence[Route] = (),
        shell: Mapping[str, Any] | None = None,
    ) -> None:
        self.secrets, self.clock, self.listener = list(secrets), clock, listener
        self.routes, self.shell = routes, shell or {"studio": None}
        self.received: list[Received] = []
        self.replies: deque[Reply] = deque()
        self.otherwise = Reply()
        self._attempts: Counter[str | None] = Counter()

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._page, methods=["GET"]),
                Route("/received.json", self._received, methods=["GET"]),
                Route("/received/{number:int}.json", self._message, methods=["GET"]),
                Mount("/static", StaticFiles(directory=STATIC)),
                *self.routes,
                Route("/_control/replies", self._order, methods=["POST"]),
                Route("/{path:path}", self._take, methods=["POST"]),
            ]
        )

    def reply(self, *replies: Reply | int) -> None:
        """What the next deliveries are answered with, one each; a number is a status."""
        self.replies.extend(Reply(reply) if isinstance(reply, int) else reply for reply in replies)

    def delivered(self) -> list[Received]:
        """The first arrival of each id that was answered with success."""
        first: dict[str | None, Received] = {}
        for one in self.received:
            if one.status is not None and 200 <= one.status < 300:
                first.setdefault(one.id, one)
        return list(first.values())

    async def _take(self, request: Request) -> Response:
        raw, reply = await request.body(), self.replies.popleft() if self.replies else self.otherwise
        headers, name = dict(request.headers), request.headers.get("webhook-id")
        self._attempts[name] += 1
        came = Received(
            received_at=(self.clock or _real)().isoformat().replace("+00:00", "Z"),
            id=name,
            verified=self._verified(raw, headers),
            body=_parsed(raw),
            raw=raw,
            headers=headers,
            attempt=self._attempts[name],
            status=None if reply.drop else reply.status,
        )
        self.received.append(came)
        await asyncio.sleep(reply.delay)
        if self.listener and came.verified and 200 <= reply.status < 300:
            await run_in_threadpool(self.listener.take, str(name), came.body, (self.clock or _real)())
        return Dropped() if reply.drop else Response(reply.body, reply.status, reply.headers, "application/json")

    def _verified(self, raw: bytes, headers: dict[str, str]) -> bool:
        return any(self._verified_by(secret, raw, headers) for secret in self.secrets)

    def _verified_by(self, secret: str, raw: bytes, headers: dict[str, str]) -> bool:
        webhook = Webhook(secret)
        try:
            if self.clock is None:
                webhook.verify(raw, headers)
                return True
            signed_at = datetime.fromtimestamp(float(headers["webhook-timestamp"]), UTC)
            expected = webhook.sign(headers["webhook-id"], signed_at, raw.decode())
            return expected in headers["webhook-signature"].split() and abs(self.clock() - signed_at) <= TOLERANCE
        except (WebhookVerificationError, KeyError, ValueError):
            return False

    async def _order(self, request: Request) -> Response:
        self.reply(*(Reply(**order) for order in orjson.loads(await request.body())))
        return Response(status_code=204)

    async def _received(self, _request: Request) -> Response:
        return Response(orjson.dumps([one.as_json() for one in self.received]), media_type="application/json")

    async def _message(self, request: Request) -> Response:
        one = self.received[request.path_params["number"] - 1 : request.path_params["number"]]
        if not one:
            return Response("no such message came", 404, media_type="text/plain")
        return Response(orjson.dumps(one[0].as_json(), option=orjson.OPT_INDENT_2), media_type="application/json")

    async def _page(self, request: Request) -> Response:
        return received_page(self.received, request.query_params, **self.shell)


def _real() -> datetime:
    return datetime.now(UTC)


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
