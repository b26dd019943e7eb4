"""The actions API: what Flow Builder calls."""

import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version

import anyio.to_thread
import httpx
import uvicorn
from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import HTTPBearer
from starlette.types import Lifespan

from pipelines.actions import routes, service_routes
from pipelines.actions.access import accesses
from pipelines.actions.dagster import Dagster
from pipelines.actions.gate import PREFIX, Gate, Rates
from pipelines.actions.idempotency import Idempotency
from pipelines.actions.marts import Marts
from pipelines.actions.office import Clock, Office
from pipelines.actions.problems import answer_problems
from pipelines.actions.store import Store
from pipelines.servicetitan.budget import Budget
from pipelines.servicetitan.client import READ, WRITE, Client
from pipelines.servicetitan.patience import Patience
from pipelines.settings import Settings

REQUESTS_AT_ONCE = 100
CALLS_SIDE_BY_SIDE = 32
ABOUT = "What Flow Builder can do in ServiceTitan. Every write takes an Idempotency-Key; every error is RFC 9457's."


def now() -> datetime:
    return datetime.now(UTC)


def app(
    settings: Settings,
    clock: Clock = now,
    *,
    transport: httpx.BaseTransport | None = None,
    read: Patience = READ,
    write: Patience = WRITE,
) -> FastAPI:
    """``transport``: to ServiceTitan. Raises `ConfigurationError` where ACTIONS_TOKENS cannot work."""
    known = accesses(settings)
    office = Office(
        settings=settings,
        clock=clock,
        servicetitan=Client(settings, Budget(settings.data_dir / "budget.sqlite"), transport, read, write),
        store=Store(settings.operations),
        marts=Marts(settings.analytics),
        side_by_side=ThreadPoolExecutor(CALLS_SIDE_BY_SIDE, "servicetitan"),
    )
    dagster = Dagster(settings.dagster_url)
    api = FastAPI(
        title="servicetitan-flow actions",
        version=version("servicetitan-flow"),
        description=ABOUT,
        redoc_url=None,
        lifespan=_lifespan(office, dagster),
    )
    api.state.office, api.state.dagster = office, dagster
    api.state.idempotency = Idempotency(office.store, clock)
    under = APIRouter(prefix=PREFIX, dependencies=[Depends(HTTPBearer(auto_error=False))])
    for router in (routes.router, service_routes.router):
        under.include_router(router)
    api.include_router(under)
    answer_problems(api)
    api.add_middleware(Gate, known=known, rates=Rates(settings.actions_requests_per_second))
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses with their queries
    return api


def _lifespan(office: Office, dagster: Dagster) -> Lifespan[FastAPI]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = REQUESTS_AT_ONCE
        try:
            yield
        finally:
            office.side_by_side.shutdown()
            office.servicetitan.close()
            dagster.close()
            office.marts.close()
            office.store.close()

    return lifespan


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8400) -> None:
    """Until it is told to stop. No access log of uvicorn's: it would show queries."""
    uvicorn.run(app(settings), host=host, port=port, access_log=False, server_header=False, log_level="info")
