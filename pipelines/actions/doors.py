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
        self._guard = Lock()
        self._doors = PerTenant(lambda tenant: Door(tenant, clients))

    def close(self) -> None:
        for door in self._doors.made():
            door.thread.shutdown(wait=False, cancel_futures=True)

    def why_closed(self, tenants: Sequence[Tenant]) -> list[str | None]:
        """None: it is open. Who was silent once is waited for no more, until the door is found open."""
        with self._guard:
            doors = [self._doors[tenant] for tenant in tenants]
            knocks = [door.knock() for door in doors]
            awaited = [knock for door, knock in zip(doors, knocks, strict=True) if not door.is_silent]
        wait(awaited, MOMENT)
        with self._guard:
            return [door.answer(knock) for door, knock in zip(doors, knocks, strict=True)]


class Door:
    """One tenant's, with the credentials that it has now."""

    def __init__(self, tenant: Tenant, clients: PerTenant[Client]) -> None:
        self.thread = ThreadPoolExecutor(1, f"door of {tenant.name}")
        self.is_silent = False
        self._tenant, self._clients = tenant, clients
        self._knock: Future[str | None] | None = None
        self._heard: str | None = None

    def knock(self) -> Future[str | None]:
        """One at a time."""
        if self._knock is None or self._knock.done():
            self._knock = self.thread.submit(self._look)
        return self._knock

    def answer(self, knock: Future[str | None]) -> str | None:
        if not knock.done():
            self.is_silent = True
            return self._heard or SILENT
        self._heard = knock.result()
        if self._heard is None:
            self.is_silent = False
        return self._heard

    def _look(self) -> str | None:
        try:
            self._clients[self._tenant].connected()
        except ServiceTitanError as error:
            return as_problem(error).detail
        return None
