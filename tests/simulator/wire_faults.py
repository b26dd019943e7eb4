"""Answers that break off. They need the transport, which `server.Protocol` puts into the scope."""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class Dropped(Response):
    """A reset connection and not one byte."""

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        scope["transport"].abort()
        await asyncio.sleep(0)


class Cut(Response):
    """All headers, half of the body, the end of the connection."""

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        scope["transport"].close()
        await asyncio.sleep(0)
