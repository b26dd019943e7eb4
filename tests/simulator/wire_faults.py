"""How an answer leaves: whole, late, or broken off. Breaking needs the transport that `server.Protocol` provides."""

import asyncio
import gzip

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.simulator.answers import Answer
from tests.simulator.faults import Fault


class Dropped(Response):
    """A reset connection and not one byte."""

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        scope["transport"].abort()
        await asyncio.sleep(0)


class Hung(Response):
    """Not one byte, until the caller goes."""

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


class Dripping(Response):
    """A head without an end, ten bytes a second, until the caller goes."""

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        scope["transport"].write(b"HTTP/1.1 200 OK\r\nx-drip: ")
        while not scope["transport"].is_closing():
            scope["transport"].write(b".")
            await asyncio.sleep(0.1)


INSTEAD: dict[str, type[Response]] = {"drop": Dropped, "hang": Hung, "drip": Dripping}  # of doing anything


class Cut(Response):
    """All headers, half of the body, the end of the connection."""

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        scope["transport"].close()
        await asyncio.sleep(0)


class Trickling(Response):
    """From the status line on, so that a timeout per read never comes."""

    def __init__(self, answer: Answer, seconds: float) -> None:
        super().__init__(answer.render(), answer.status, answer.headers, answer.content_type)
        self.seconds = seconds

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        transport, lines = scope["transport"], [b"%s: %s" % header for header in self.raw_headers]
        head = b"\r\n".join([b"HTTP/1.1 %d Trickling" % self.status_code, *lines, b"connection: close", b"", b""])
        for byte in head + bytes(self.body):
            if transport.is_closing():
                return
            transport.write(bytes([byte]))
            await asyncio.sleep(self.seconds)
        transport.close()


async def sent(answer: Answer, fault: Fault | None, compress: bool = False) -> Response:
    kind = fault.kind if fault else ""
    if kind == "lose_answer":
        return Dropped()
    if fault and kind == "slow":
        await asyncio.sleep(fault.seconds)
    if fault and kind == "trickle":
        return Trickling(answer, fault.seconds)
    if fault and kind == "odd_body":
        body, content_type = fault.content
        return Response(body, 200, media_type=content_type)
    response, body = Cut if kind == "cut" else Response, answer.render()
    if compress:
        body, answer.headers["content-encoding"] = gzip.compress(body, 1), "gzip"
    return response(body, answer.status, answer.headers, answer.content_type)
