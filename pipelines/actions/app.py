"""The actions API: what Flow Builder calls."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

import anyio.to_thread
import httpx
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from fastapi_offline import FastAPIOffline
from starlette.types import Lifespan

from pipelines.actions.context import Services
from pipelines.actions.crm.options import OptionLists
from pipelines.actions.crm.write_once import PAUSES
from pipelines.actions.database import ActionsDatabase
from pipelines.actions.doors import Doors
from pipelines.actions.inbound_leads.queue import LeadQueue
from pipelines.actions.inbound_leads.worker import LeadWorker
from pipelines.actions.metrics import Metrics
from pipelines.actions.routes import actions as routes
from pipelines.actions.routes import docs as docs_page
from pipelines.actions.routes import inbound_leads as lead_routes
from pipelines.actions.routes import metrics as metrics_routes
from pipelines.actions.routes import options as option_routes
from pipelines.actions.routes import service as service_routes
from pipelines.actions.routes import tenants as tenant_routes
from pipelines.actions.routes.sync_launcher import Dagster
from pipelines.actions.schemas.state_names import use_rules
from pipelines.actions.web.admission import OpenRoute, SignedRoute, paths
from pipelines.actions.web.idempotency_keys import Idempotency
from pipelines.actions.web.middleware import Middleware, TokenBuckets
from pipelines.actions.web.openapi import name_whole_paths
from pipelines.actions.web.origins import Origins
from pipelines.actions.web.problems import AGAIN, Problem, answer_problems
from pipelines.actions.web.tokens import accesses
from pipelines.actions.workers import RETRY_AFTER, Places, Workers
from pipelines.analytics.reader import Marts
from pipelines.clock import Clock, now
from pipelines.operations import PATIENCE
from pipelines.servicetitan.api.client import client_per_tenant
from pipelines.servicetitan.api.rate_limit import RateLimiter
from pipelines.servicetitan.api.retry import INTERACTIVE, WRITE, RetryPolicy
from pipelines.settings import Settings
from pipelines.tenants import directory
from pipelines.tenants.per_tenant import PerTenant

PREFIX = "/api/servicetitan"
MAX_REQUESTS = 100  # that need nothing but our own files
MAX_TRIALS = 4  # of tenants, before they are stored
MAX_LEADS = 8  # that are put on disk, one after the other
FORGET_INTERVAL = 3600  # seconds
ABOUT = "What Flow Builder can do in ServiceTitan. Every write takes an Idempotency-Key; every error is RFC 9457's."


def app(
    settings: Settings,
    clock: Clock = now,
    *,
    transport: httpx.BaseTransport | None = None,
    read: RetryPolicy = INTERACTIVE,
    write: RetryPolicy = WRITE,
    pauses: tuple[float, ...] = PAUSES,
) -> FastAPI:
    """``transport``: to ServiceTitan; ``pauses``: see `write_once`.

    Raises `ConfigurationError` where ACTIONS_TOKENS or LEAD_SOURCES cannot work.
    """
    directory.check_lead_sources(settings)
    known = accesses(settings)
    use_rules(settings.rules)
    store = ActionsDatabase(settings.operations)
    rate_limiter = RateLimiter(settings.data_dir / "budget.sqlite")
    clients = client_per_tenant(settings, rate_limiter, transport, read, write)
    services = Services(
        settings=settings,
        clock=clock,
        servicetitan=clients,
        store=store,
        lead_queue=LeadQueue(store, clock),
        pauses=pauses,
        marts=Marts(settings.analytics),
        workers=PerTenant(Workers),
        doors=Doors(clients),
        apart=Places(MAX_TRIALS, partial(Problem, "busy", "other tenants are tried at the moment", RETRY_AFTER)),
        intake_places=Places(MAX_LEADS, partial(Problem, "not_recorded", AGAIN, 10), PATIENCE),
    )
    dagster, idempotency = Dagster(settings.dagster_url, settings.of_shard), Idempotency(store, clock)
    options, metrics = PerTenant(lambda tenant: OptionLists(clients[tenant], clock)), Metrics(settings, clock)
    api = FastAPIOffline(
        title="servicetitan-flow actions",
        version=version("servicetitan-flow"),
        description=ABOUT,
        openapi_url=docs_page.DOCUMENT,
        docs_url=None,
        redoc_url=None,
        static_url=docs_page.FILES,
        lifespan=_lifespan(services, idempotency, dagster, options),
    )
    api.state.services, api.state.dagster, api.state.idempotency = services, dagster, idempotency
    api.state.options, api.state.metrics = options, metrics
    bearer = Depends(HTTPBearer(auto_error=False))
    for router in (
        routes.router,
        option_routes.router,
        service_routes.router,
        tenant_routes.router,
        lead_routes.signed_router,
        lead_routes.router,
    ):
        api.include_router(router, prefix=PREFIX, dependencies=[bearer])
    api.include_router(service_routes.open_router, prefix=PREFIX)
    api.include_router(metrics_routes.router)
    api.include_router(docs_page.router)
    name_whole_paths(api, PREFIX)
    answer_problems(api)
    rates, secret = TokenBuckets(settings.actions_requests_per_second), settings.actions_webhook_secret
    api.add_middleware(
        Middleware,
        known=known,
        rates=rates,
        secret=secret,
        clock=clock,
        open_paths=paths(api, OpenRoute) | docs_page.OPEN_FILES,
        signed_paths=paths(api, SignedRoute),
        answered=metrics.answered,
    )
    if settings.actions_origins:
        api.add_middleware(Origins, origins=settings.actions_origins)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses with their queries
    return api


def _lifespan(
    services: Services, idempotency: Idempotency, dagster: Dagster, options: PerTenant[OptionLists]
) -> Lifespan[FastAPI]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = MAX_REQUESTS
        worker = LeadWorker(services)
        worker.start()
        forgetting = asyncio.create_task(_forget_old(services, idempotency))
        try:
            yield
        finally:
            forgetting.cancel()
            worker.stop()
            services.doors.close()
            for workers in services.workers.made():
                workers.stop()
            for lists in options.made():
                lists.stop()
            for client in services.servicetitan.made():
                client.close()
            dagster.close()
            services.marts.close()
            services.store.close()

    return lifespan


async def _forget_old(services: Services, idempotency: Idempotency) -> None:
    while True:
        await asyncio.to_thread(idempotency.forget_old)
        await asyncio.to_thread(services.lead_queue.forget_old)
        await asyncio.sleep(FORGET_INTERVAL)
