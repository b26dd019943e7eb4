"""What `servicetitan-flow serve` serves: the actions API, and beside it the console where CONSOLE_USERS names one who
may sign in."""

import logging
import sys
from collections.abc import Sequence
from typing import Any

import uvicorn
from filelock import FileLock, Timeout
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from pipelines.actions import app as actions
from pipelines.actions.web.connections import PatientConnection
from pipelines.clock import Clock, now
from pipelines.console import app as console
from pipelines.settings import ConfigurationError, Settings

HANDOVER = 5  # seconds that an ending process is given, and a starting one waits for it
TURN = 0.0005  # seconds of one thread's Python: with the usual 5 ms a page that is made holds up every call


class Server:
    """Both, told apart by the path; what starts and ends is the API's."""

    def __init__(self, api: ASGIApp, console: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self.api, self.console, self.routes = api, console, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_consoles = path == "/console" or path.startswith("/console/")
        await (self.console if is_consoles else self.api)(scope, receive, send)


def app(settings: Settings, clock: Clock = now, **options: Any) -> ASGIApp:
    """``options``: the API's. Raises `ConfigurationError`."""
    api = actions.app(settings, clock, **options)
    if not settings.console_users:
        return api
    pages = console.app(settings, api.state.services, api.state.dagster, clock)
    return Server(api, pages, [*pages.routes, *api.routes])


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8400) -> None:
    """Until it is told to stop. Raises `ConfigurationError` where it cannot start.

    There is one process: what another one had begun and not ended when it went away is taken up again here.
    """
    path = settings.operations_file
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{path}.actions.lock")
    try:
        lock.acquire(timeout=HANDOVER)
    except Timeout:
        raise ConfigurationError(f"another actions API serves {path}; end that one first") from None
    sys.setswitchinterval(TURN)
    with lock:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        # No access log of uvicorn's: it would show queries.
        uvicorn.run(
            app(settings),
            host=host,
            port=port,
            http=PatientConnection,
            proxy_headers=False,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=HANDOVER,
        )
