"""Single reads and writes for the actions API: answers within seconds, and a write is sent once."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from pipelines.servicetitan.api.bulk import AccessToken, deadline, http_client
from pipelines.servicetitan.api.deadline import Deadline, DeadlineExceeded
from pipelines.servicetitan.api.errors import AccessRefused, ServiceTitanError, TransientError, Unavailable
from pipelines.servicetitan.api.rate_limit import RateLimiter
from pipelines.servicetitan.api.responses import Json, OutcomeUnknown, RateLimited, ambiguous, parse
from pipelines.servicetitan.api.retry import INTERACTIVE, TOKEN, WRITE, RetryPolicy
from pipelines.servicetitan.api.wire import bounded
from pipelines.settings import Settings, Tenant
from pipelines.tenants.per_tenant import PerTenant

log = logging.getLogger(__name__)

Params = Mapping[str, str | int]

CONNECT_SECONDS = 10
MAX_CALLS = 8  # per tenant
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
TOKEN_SECONDS = 10  # for all attempts together
REFUSAL_SECONDS = 30  # after which refused credentials are tried again
FAILURE_SECONDS = 5  # in which a tenant that was not connected is taken to be so still
TROUBLE_SECONDS = 60  # for which the latest failure is told

NO_TOKEN = "ServiceTitan's token server does not answer"

TROUBLES = (Unavailable, RateLimited, OutcomeUnknown)


@dataclass
class _TenantState:
    """What the client holds of one tenant."""

    http: httpx.Client
    token: AccessToken
    places: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(MAX_CALLS))
    checking: threading.Lock = field(default_factory=threading.Lock)
    asking: threading.Lock = field(default_factory=threading.Lock)
    in_vain: int = 0  # times that the token was asked for
    refused_at: float | None = None
    failure: ServiceTitanError | None = None
    failed_at: float = 0.0
    trouble: ServiceTitanError | None = None  # what the latest call came to, where ServiceTitan did not do its part
    trouble_at: float = 0.0


class Client:
    """For all tenants; may be used from many threads. Each tenant has connections of its own."""

    def __init__(
        self,
        settings: Settings,
        rate_limiter: RateLimiter,
        transport: httpx.BaseTransport | None = None,
        read: RetryPolicy = INTERACTIVE,
        write: RetryPolicy = WRITE,
    ) -> None:
        self._settings, self._rate_limiter, self._read, self._write = settings, rate_limiter, read, write
        self._turns = threading.Lock()
        self._states = PerTenant(lambda tenant: self._new_state(tenant, transport))

    def close(self) -> None:
        for state in self._states.made():
            state.http.close()

    def get(
        self,
        tenant: Tenant,
        module: str,
        path: str,
        params: Params | None = None,
        *,
        scope: str,
        deadline: Deadline | None = None,
    ) -> Json:
        """Raises `ServiceTitanError`, in the end after seconds."""
        until = deadline or Deadline()

        def once() -> Json:
            response = self._send(tenant, "GET", module, path, self._read, until, params=dict(params or {}))
            return parse(response, scope, writing=False)

        return self._patiently(tenant, self._read, until, once)

    def post(self, tenant: Tenant, module: str, path: str, body: Json, *, scope: str) -> Json:
        """Sent again only where it is certain that nothing was carried out. Raises `OutcomeUnknown`, or another
        `ServiceTitanError`, which then means that nothing was written."""
        until = Deadline()

        def once() -> Json:
            response = self._send(tenant, "POST", module, path, self._write, until, json=body)
            return parse(response, scope, writing=True)

        return self._patiently(tenant, self._write, until, once)

    def trouble(self, tenant: Tenant) -> ServiceTitanError | None:
        """What the latest call came to, where it was lately and ServiceTitan did not do its part."""
        state = self._states[tenant]
        return state.trouble if time.monotonic() - state.trouble_at < TROUBLE_SECONDS else None

    def connected(self, tenant: Tenant) -> frozenset[str]:
        """The scopes of the tenant's token, which is asked for if there is none. Raises `ServiceTitanError`, and the
        same one for some seconds without asking again: whoever may ask for our health may come often."""
        state = self._states[tenant]
        with state.checking:
            if state.failure and time.monotonic() - state.failed_at < FAILURE_SECONDS:
                raise state.failure
            try:
                self._token(tenant, Deadline())
            except ServiceTitanError as failure:
                state.failure, state.failed_at = failure, time.monotonic()
                raise
            state.failure = None
            return state.token.scopes

    def ask_token(self, tenant: Tenant) -> tuple[float, frozenset[str]]:
        """A new token's seconds and scopes. Raises `ServiceTitanError`."""
        state = self._states[tenant]
        state.token, state.refused_at, state.failure = self._new_token(state.http, tenant), None, None
        scopes = self.connected(tenant)
        return state.token.lifetime, scopes

    def _send(
        self,
        tenant: Tenant,
        method: str,
        module: str,
        path: str,
        retry: RetryPolicy,
        until: Deadline,
        **content: Any,
    ) -> httpx.Response:
        until.check()
        url = f"{self._settings.api_url}/{module}/v2/tenant/{tenant.id}/{path}"
        token, state = self._token(tenant, until), self._states[tenant]
        if not state.places.acquire(timeout=min(self._read.total, until.seconds)):
            raise RateLimited(f"{MAX_CALLS} calls for tenant {tenant.name} are under way", 5)
        try:
            self._wait_for_turn(tenant, until)
            seconds = min(retry.timeout, until.seconds)
            response = self._exchange(state.http, method, url, seconds, headers=self._headers(token), **content)
        finally:
            state.places.release()
        if response.status_code == 401:
            state.token.drop(token)
        return response

    def _exchange(self, http: httpx.Client, method: str, url: str, seconds: float, **content: Any) -> httpx.Response:
        """Over within so many seconds, whatever the server does."""
        timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        try:
            with bounded(deadline(seconds)):
                return http.request(method, url, timeout=timeout, **content)
        except NEVER_SENT as error:
            raise TransientError(f"ServiceTitan cannot be reached ({type(error).__name__})") from None
        except httpx.RequestError as error:
            raise ambiguous(f"the answer was lost ({type(error).__name__})", writing=method != "GET") from None

    def _wait_for_turn(self, tenant: Tenant, until: Deadline) -> None:
        """One thread at a time: those that meet at the file's lock sleep for milliseconds."""
        with self._turns:
            seconds = self._rate_limiter.acquire(tenant.id)
        if seconds:
            until.rest(seconds)

    def _patiently(self, tenant: Tenant, retry: RetryPolicy, until: Deadline, once: Callable[[], Json]) -> Json:
        state = self._states[tenant]
        try:
            answer = _tried(retry, until, once)
        except DeadlineExceeded:
            raise
        except ServiceTitanError as error:
            state.trouble = error if isinstance(error, TROUBLES) else None
            state.trouble_at = time.monotonic()
            raise
        state.trouble = None
        return answer

    def _token(self, tenant: Tenant, until: Deadline) -> str:
        """A token that is refused once stays so, until `REFUSAL_SECONDS` have gone by. One thread asks for it; those
        that wait meanwhile share what comes of it."""
        state = self._states[tenant]
        in_vain = state.in_vain
        if not state.asking.acquire(timeout=min(2 * TOKEN_SECONDS, until.seconds)):
            raise Unavailable(NO_TOKEN)
        try:
            if state.in_vain != in_vain:
                raise Unavailable(NO_TOKEN)
            return self._asked_for(state, tenant)
        finally:
            state.asking.release()

    def _asked_for(self, state: _TenantState, tenant: Tenant) -> str:
        if state.refused_at is not None and time.monotonic() - state.refused_at > REFUSAL_SECONDS:
            state.token, state.refused_at = self._new_token(state.http, tenant), None
        try:
            with bounded(deadline(TOKEN_SECONDS)):
                return state.token.value()
        except AccessRefused:
            state.refused_at = state.refused_at or time.monotonic()
            raise
        except Unavailable as error:
            log.warning("%s: no token: %s", tenant.name, error)
            state.in_vain += 1
            raise Unavailable(NO_TOKEN) from None

    def _new_state(self, tenant: Tenant, transport: httpx.BaseTransport | None) -> _TenantState:
        http = http_client(self._read, transport)
        return _TenantState(http, self._new_token(http, tenant))

    def _new_token(self, http: httpx.Client, tenant: Tenant) -> AccessToken:
        return AccessToken(self._settings, tenant, http, TOKEN)

    def _headers(self, token: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token}",
            "ST-App-Key": self._settings.servicetitan_app_key.get_secret_value(),
        }


def _tried(retry: RetryPolicy, until: Deadline, once: Callable[[], Json]) -> Json:
    began, refused = retry.monotonic(), 0
    for backoff in retry.delays():
        try:
            return once()
        except TransientError as failed:
            refused += isinstance(failed.error, AccessRefused)
            wait = backoff if failed.wait is None else failed.wait
            if refused > 1 or retry.monotonic() - began + wait > retry.total or wait >= until.seconds:
                raise failed.error from None
        until.rest(wait)
    raise AssertionError("delays() has no end")
