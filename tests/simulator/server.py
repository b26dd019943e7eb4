"""Servers on 127.0.0.1 in a thread, started and stopped within bounded time."""

import asyncio
import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from socket import socket
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BOUND = 10.0  # seconds for a start or a stop
GRACE = 1.0
ENDINGS = (signal.SIGINT, signal.SIGTERM)
LIFETIME = 3600


class Protocol(HttpToolsProtocol):
    """Lets an application break its own connection: ``scope["transport"]``."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        app = cast(ASGIApp, self.config.loaded_app)

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            await app(cast(Scope, {**scope, "transport": transport}), receive, send)

        self.app = cast(Any, with_transport)


class Server(uvicorn.Server):
    """Stops at once when told; uvicorn's own looks ten times a second, and waits for 0.1 s at its end."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.ready = threading.Event()
        quiet: dict[str, Any] = {"ws": "none", "lifespan": "off", "log_config": None, "access_log": False}
        super().__init__(uvicorn.Config(app, host="127.0.0.1", port=port, http=Protocol, **quiet))

    def run_to_the_end(self) -> None:
        try:
            self.run()
        finally:
            self.ready.set()

    async def main_loop(self) -> None:
        self.loop, self.stopping = asyncio.get_running_loop(), asyncio.Event()
        self.ready.set()
        while not self.stopping.is_set():
            await self.on_tick(0)  # keeps the Date header
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), 1)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:  # noqa: ARG002 (none are given)
        """What is being answered has a second to end."""
        deadline = self.loop.time() + GRACE
        for server in self.servers:
            server.close()
        for connection in [*self.server_state.connections]:
            connection.shutdown()
        while (self.server_state.connections or self.server_state.tasks) and self.loop.time() < deadline:
            await asyncio.sleep(0.005)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.stopping.set)


@contextmanager
def run_server(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """``with run_server(app) as url:``; port 0 takes a free one."""
    server = Server(app, port)
    thread = threading.Thread(target=server.run_to_the_end, daemon=True, name=f"server {port}")
    thread.start()
    if not server.ready.wait(BOUND) or not server.started:
        raise RuntimeError(f"the server did not start; is port {port} of 127.0.0.1 taken?")
    try:
        yield server.url
    finally:
        server.stop()
        thread.join(BOUND)


def serve_until_a_signal(app: ASGIApp, port: int, announced: Callable[[str], Mapping[str, Any]]) -> None:
    """For a process of its own: prints what is announced of its address as one line of JSON, an hour at most."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    with run_server(app, port) as url:
        print(json.dumps(announced(url)), flush=True)
        signal.sigtimedwait(ENDINGS, LIFETIME)
