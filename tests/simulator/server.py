"""Servers on 127.0.0.1 in a thread, started and stopped within bounded time."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BOUND = 10.0  # seconds for a start or a stop


class Protocol(HttpToolsProtocol):
    """Lets an application break its own connection: ``scope["transport"]``."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        app = cast(ASGIApp, self.config.loaded_app)

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            await app(cast(Scope, {**scope, "transport": transport}), receive, send)

        self.app = cast(Any, with_transport)


def server(app: ASGIApp, port: int = 0) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


@contextmanager
def run_server(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """``with run_server(app) as url:``; port 0 takes a free one."""
    running = server(app, port)
    thread = threading.Thread(target=running.run, daemon=True, name=f"server {port}")
    thread.start()
    _wait(lambda: running.started or not thread.is_alive())
    if not running.started:
        raise RuntimeError(f"the server did not start; is port {port} taken?")
    try:
        yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join(BOUND)


def _wait(done: Any) -> None:
    end = time.monotonic() + BOUND
    while not done() and time.monotonic() < end:
        time.sleep(0.01)
