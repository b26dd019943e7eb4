"""One tenant's door to ServiceTitan, for syncs and for the actions API: a token, both headers, the rate limit, and
retries."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from pipelines.servicetitan.api.access_token import AccessToken, SharedToken
from pipelines.servicetitan.api.deadline import Deadline, DeadlineExceeded
from pipelines.servicetitan.api.errors import (
    AccessRefused,
    OutcomeUnknown,
    RateLimited,
    ServiceTitanError,
    TransientError,
    Unavailable,
    describe,
)
from pipelines.servicetitan.api.rate_limit import RateLimiter
from pipelines.servicetitan.api.responses import Json, json_object, parse
from pipelines.servicetitan.api.retry import INTERACTIVE, TOKEN, WRITE, Bounds, RetryPolicy
from pipelines.servicetitan.api.visit import Visit
from pipelines.servicetitan.api.wire import exchange, http_client
from pipelines.settings import Settings, Tenant
from pipelines.tenants.per_tenant import PerTenant

Params = Mapping[str, str | int]
T = TypeVar("T")

MAX_CALLS = 8  # per tenant
MAX_PAGES = 4  # of them, that a sync reads at once
FAILURE_SECONDS = 5  # in which a tenant that was not connected is taken to be so still
TROUBLE_SECONDS = 60  # for which the latest failure is told

TROUBLES = (Unavailable, RateLimited, OutcomeUnknown)


class Client:
    """Reads pages for a sync, within its ``visit``; gets and posts for a caller, within seconds. May be used from many
    threads."""

    def __init__(
        self,
        settings: Settings,
        tenant: Tenant,
        http: httpx.Client,
        rate_limiter: RateLimiter,
        read: RetryPolicy,
        write: RetryPolicy = WRITE,
        token: AccessToken | None = None,
        visit: Visit | None = None,
    ) -> None:
        self.tenant, self.visit = tenant, visit or Visit()
        self.token = token or AccessToken(settings, tenant, http, read)
        self._settings, self._http, self._rate_limiter = settings, http, rate_limiter
        self._read, self._write = read, write
        self._places = threading.BoundedSemaphore(MAX_CALLS)
        self._connecting = threading.Lock()
        self._failure: ServiceTitanError | None = None
        self._failed_at = 0.0
        self._trouble: ServiceTitanError | None = None
        self._trouble_at = 0.0

    def close(self) -> None:
        self._http.close()

    def read(
        self,
        module: str,
        path: str,
        params: Mapping[str, Any],
        decode: Callable[[bytes], T],
        scope: str = "",
        on_call: Callable[[], None] = lambda: None,
        whole: bool = False,
    ) -> T:
        """Tries as long as policy and visit say, and calls ``on_call`` each time; ``decode`` raises ValueError for a
        body that is broken; ``whole`` as in `VisitBounds`.

        Raises `ServiceTitanError`.
        """
        request = self._request("GET", module, path, params=dict(params))
        bounds = self.visit.bounds(self._read.sleep, whole)
        answer = self._call(request, scope, self._read, bounds, decode, on_call)
        self.visit.answered = True
        return answer

    def get(
        self, module: str, path: str, params: Params | None = None, *, scope: str, deadline: Deadline | None = None
    ) -> Json:
        """Raises `ServiceTitanError`, in the end after seconds."""
        request = self._request("GET", module, path, params=dict(params or {}))
        return self._noted(request, scope, self._read, deadline or Deadline())

    def post(self, module: str, path: str, body: Json, *, scope: str) -> Json:
        """Sent again only where it is certain that nothing was carried out. Raises `OutcomeUnknown`, or another
        `ServiceTitanError`, which then means that nothing was written."""
        return self._noted(self._request("POST", module, path, json=body), scope, self._write, Deadline())

    def trouble(self) -> ServiceTitanError | None:
        """What the latest call came to, where it was lately and ServiceTitan did not do its part."""
        return self._trouble if time.monotonic() - self._trouble_at < TROUBLE_SECONDS else None

    def connected(self) -> frozenset[str]:
        """The scopes of the tenant's token, which is asked for if there is none. Raises `ServiceTitanError`, and the
        same one for some seconds without asking again: whoever may ask for our health may come often."""
        with self._connecting:
            if self._failure and time.monotonic() - self._failed_at < FAILURE_SECONDS:
                raise self._failure
            try:
                self.token.value(Deadline())
            except ServiceTitanError as failure:
                self._failure, self._failed_at = failure, time.monotonic()
                raise
            self._failure = None
            return self.token.scopes

    def reconnect(self) -> tuple[float, frozenset[str]]:
        """A new token's seconds and scopes. Raises `ServiceTitanError`."""
        self.token.forget()
        self._failure = None
        scopes = self.connected()
        return self.token.lifetime, scopes

    def _request(self, method: str, module: str, path: str, **content: Any) -> httpx.Request:
        url = f"{self._settings.api_url}/{module}/v2/tenant/{self.tenant.id}/{path}"
        key = self._settings.servicetitan_app_key.get_secret_value()
        return self._http.build_request(method, url, headers={"ST-App-Key": key}, **content)

    def _noted(self, request: httpx.Request, scope: str, retry: RetryPolicy, deadline: Deadline) -> Json:
        try:
            answer = self._call(request, scope, retry, deadline, json_object)
        except DeadlineExceeded:
            raise
        except ServiceTitanError as error:
            self._trouble = error if isinstance(error, TROUBLES) else None
            self._trouble_at = time.monotonic()
            raise
        self._trouble = None
        return answer

    def _call(
        self,
        request: httpx.Request,
        scope: str,
        retry: RetryPolicy,
        bounds: Bounds,
        decode: Callable[[bytes], T],
        on_call: Callable[[], None] = lambda: None,
    ) -> T:
        """The one way from a request to its answer; a token that is not taken is asked for anew, once."""
        writing, refused = request.method != "GET", False

        def once() -> T:
            nonlocal refused
            token = self.token.value(bounds)
            request.headers["Authorization"] = f"Bearer {token}"
            with self._place(retry, bounds):
                self._rate_limiter.wait(self.tenant.id, bounds.rest)
                on_call()
                response = exchange(self._http, request, retry, bounds, writing)
            try:
                return parse(response, scope, writing, decode)
            except AccessRefused as refusal:
                if refused:
                    raise
                refused = True
                self.token.drop(token)
                raise TransientError(describe(response), refusal, wait=0) from None

        return retry.call(once, bounds)

    @contextmanager
    def _place(self, retry: RetryPolicy, bounds: Bounds) -> Iterator[None]:
        if not self._places.acquire(timeout=min(retry.total, bounds.seconds)):
            raise RateLimited(f"{MAX_CALLS} calls for tenant {self.tenant.name} are under way", 5)
        try:
            yield
        finally:
            self._places.release()


def client_per_tenant(
    settings: Settings,
    rate_limiter: RateLimiter,
    transport: httpx.BaseTransport | None = None,
    read: RetryPolicy = INTERACTIVE,
    write: RetryPolicy = WRITE,
    token: RetryPolicy = TOKEN,
) -> PerTenant[Client]:
    """For callers. Each tenant has connections of its own, so that one that hangs harms no other."""

    def make(tenant: Tenant) -> Client:
        http = http_client(transport)
        shared = SharedToken(settings, tenant, http, token)
        return Client(settings, tenant, http, rate_limiter, read, write, shared)

    return PerTenant(make)
