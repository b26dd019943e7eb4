"""Single reads and writes for the actions API: answers within seconds, and a write is sent once."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from pipelines.servicetitan.answers import Again, Json, TooBusy, lost, understood
from pipelines.servicetitan.budget import Budget
from pipelines.servicetitan.connection import ENCODED, AccessToken, deadline, http_client, until
from pipelines.servicetitan.errors import AccessRefused, Busy, ServiceTitanError, Unavailable
from pipelines.servicetitan.patience import Patience
from pipelines.servicetitan.wire import bounded
from pipelines.settings import Settings, Tenant

log = logging.getLogger("pipelines.servicetitan.client")

Params = Mapping[str, str | int]

READ = Patience(first=0.2, longest=2, total=6, timeout=20)
# A write is waited for longer than ServiceTitan's own limit of 100 s, so that it is over when we give it up.
WRITE = Patience(first=0.2, longest=2, total=6, timeout=110)
TOKEN = Patience(first=0.2, longest=1, total=4, timeout=10)
CONNECT_SECONDS = 10
CALLS_AT_ONCE = 8  # per tenant
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
REFUSAL_SECONDS = 30  # after which refused credentials are tried again
FAILURE_SECONDS = 5  # in which a tenant that was not connected is taken to be so still


@dataclass
class _Office:
    """What the client holds of one tenant."""

    token: AccessToken
    places: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(CALLS_AT_ONCE))
    checking: threading.Lock = field(default_factory=threading.Lock)
    refused_at: float | None = None
    failure: ServiceTitanError | None = None
    failed_at: float = 0.0


class Client:
    """For all tenants; may be used from many threads."""

    def __init__(
        self,
        settings: Settings,
        budget: Budget,
        transport: httpx.BaseTransport | None = None,
        read: Patience = READ,
        write: Patience = WRITE,
    ) -> None:
        self._settings, self._budget, self._read, self._write = settings, budget, read, write
        self._http, self._turns = http_client(read, transport), threading.Lock()
        self._offices = {tenant.id: _Office(self._new_token(tenant)) for tenant in settings.tenants}

    def close(self) -> None:
        self._http.close()

    def get(self, tenant: Tenant, module: str, path: str, params: Params | None = None, *, scope: str) -> Json:
        """Raises `ServiceTitanError`, in the end after seconds."""

        def once() -> Json:
            response = self._send(tenant, "GET", module, path, self._read, params=dict(params or {}))
            return understood(response, scope, writing=False)

        return self._patiently(self._read, once)

    def post(self, tenant: Tenant, module: str, path: str, body: Json, *, scope: str) -> Json:
        """Sent again only where it is certain that nothing was carried out. Raises `OutcomeUnknown`, or another
        `ServiceTitanError`, which then means that nothing was written."""

        def once() -> Json:
            response = self._send(tenant, "POST", module, path, self._write, json=body)
            return understood(response, scope, writing=True)

        return self._patiently(self._write, once)

    def connected(self, tenant: Tenant) -> frozenset[str]:
        """The scopes of the tenant's token, which is asked for if there is none. Raises `ServiceTitanError`, and the
        same one for some seconds without asking again: whoever may ask for our health may come often."""
        office = self._offices[tenant.id]
        with office.checking:
            if office.failure and time.monotonic() - office.failed_at < FAILURE_SECONDS:
                raise office.failure
            try:
                self._token(tenant)
            except ServiceTitanError as failure:
                office.failure, office.failed_at = failure, time.monotonic()
                raise
            office.failure = None
            return office.token.scopes

    def ask_token(self, tenant: Tenant) -> tuple[float, frozenset[str]]:
        """A new token's seconds and scopes. Raises `ServiceTitanError`."""
        office = self._offices[tenant.id]
        office.token, office.refused_at, office.failure = self._new_token(tenant), None, None
        scopes = self.connected(tenant)
        return office.token.lifetime, scopes

    def _send(
        self, tenant: Tenant, method: str, module: str, path: str, patience: Patience, **content: Any
    ) -> httpx.Response:
        url = f"{self._settings.api_url}/{module}/v2/tenant/{tenant.id}/{path}"
        token, office = self._token(tenant), self._offices[tenant.id]
        if not office.places.acquire(timeout=self._read.total):
            raise TooBusy(f"{CALLS_AT_ONCE} calls for tenant {tenant.name} are under way", 5)
        try:
            self._wait_for_turn(tenant)
            response = self._exchange(method, url, patience, headers=self._headers(token), **content)
        finally:
            office.places.release()
        if response.status_code == 401:
            office.token.drop(token)
        return response

    def _exchange(self, method: str, url: str, patience: Patience, **content: Any) -> httpx.Response:
        timeout = httpx.Timeout(patience.timeout, connect=min(CONNECT_SECONDS, patience.timeout))
        try:
            with (
                bounded(deadline(patience.timeout)),
                self._http.stream(method, url, timeout=timeout, **content) as response,
            ):
                body = b"".join(until(patience, response.iter_bytes()))
        except NEVER_SENT as error:
            raise Again(Unavailable(f"ServiceTitan cannot be reached ({type(error).__name__})")) from None
        except (httpx.RequestError, Busy) as error:
            raise lost(f"the answer was lost ({type(error).__name__})", writing=method != "GET") from None
        plain = {name: value for name, value in response.headers.items() if name not in ENCODED}
        return httpx.Response(response.status_code, headers=plain, content=body)

    def _wait_for_turn(self, tenant: Tenant) -> None:
        """One thread at a time: those that meet at the file's lock sleep for milliseconds."""
        with self._turns:
            seconds = self._budget.reserve(tenant.id)
        if seconds:
            time.sleep(seconds)

    def _patiently(self, patience: Patience, once: Callable[[], Json]) -> Json:
        began, refused = patience.monotonic(), 0
        for backoff in patience.waits():
            try:
                return once()
            except Again as again:
                refused += isinstance(again.error, AccessRefused)
                wait = backoff if again.wait is None else again.wait
                if refused > 1 or patience.monotonic() - began + wait > patience.total:
                    raise again.error from None
            patience.sleep(wait)
        raise AssertionError("waits() has no end")

    def _token(self, tenant: Tenant) -> str:
        """A token that is refused once stays so, until `REFUSAL_SECONDS` have gone by."""
        office = self._offices[tenant.id]
        if office.refused_at is not None and time.monotonic() - office.refused_at > REFUSAL_SECONDS:
            office.token, office.refused_at = self._new_token(tenant), None
        try:
            return office.token.value()
        except AccessRefused:
            office.refused_at = office.refused_at or time.monotonic()
            raise
        except Unavailable as error:
            log.warning("%s: no token: %s", tenant.name, error)
            raise Unavailable("ServiceTitan's token server does not answer") from None

    def _new_token(self, tenant: Tenant) -> AccessToken:
        return AccessToken(self._settings, tenant, self._http, TOKEN)

    def _headers(self, token: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token}",
            "ST-App-Key": self._settings.servicetitan_app_key.get_secret_value(),
        }
