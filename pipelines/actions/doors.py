"""Whether ServiceTitan lets each tenant in: asked aside, so that whoever wants to know waits a moment at most."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock

from pipelines.actions.web.servicetitan_problems import as_problem
from pipelines.servicetitan.api.client import Client
from pipelines.servicetitan.api.errors import ServiceTitanError
from pipelines.settings import Tenant
from pipelines.tenants.per_tenant import PerTenant

MOMENT = 1.0  # seconds
SILENT = "ServiceTitan's token server has not answered yet"


class Doors:
    """A thread per tenant, so that none waits for another."""

    def __init__(self, clients: PerTenant[Client]) -> None:
        self._clients, self._guard = clients, Lock()
        self._threads = PerTenant(lambda tenant: ThreadPoolExecutor(1, f"door of {tenant.name}"))
        self._knocks: dict[int, Future[str | None]] = {}
        self._heard: dict[int, str | None] = {}
        self._silent: set[int] = set()

    def close(self) -> None:
        for thread in self._threads.made():
            thread.shutdown(wait=False, cancel_futures=True)

    def why_closed(self, tenants: Sequence[Tenant]) -> list[str | None]:
        """None: it is open. Who was silent once is waited for no more, until the door is found open."""
        with self._guard:
            knocks = [(tenant.id, self._knock(tenant)) for tenant in tenants]
            awaited = [knock for tenant_id, knock in knocks if tenant_id not in self._silent]
        wait(awaited, MOMENT)
        with self._guard:
            return [self._answer(tenant_id, knock) for tenant_id, knock in knocks]

    def _knock(self, tenant: Tenant) -> Future[str | None]:
        """One at a time."""
        knock = self._knocks.get(tenant.id)
        if knock is None or knock.done():
            knock = self._knocks[tenant.id] = self._threads[tenant].submit(self._look, tenant)
        return knock

    def _answer(self, tenant_id: int, knock: Future[str | None]) -> str | None:
        if not knock.done():
            self._silent.add(tenant_id)
            return self._heard.get(tenant_id) or SILENT
        self._heard[tenant_id] = knock.result()
        if self._heard[tenant_id] is None:
            self._silent.discard(tenant_id)
        return self._heard[tenant_id]

    def _look(self, tenant: Tenant) -> str | None:
        try:
            self._clients[tenant].connected()
        except ServiceTitanError as error:
            return as_problem(error).detail
        return None
