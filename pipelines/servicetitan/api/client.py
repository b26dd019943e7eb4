"""Single reads and writes for the actions API: answers within seconds, and a write is sent once."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from pipelines.servicetitan.api.bulk import AccessToken, deadline, http_client
from pipelines.servicetitan.api.deadline import Deadline, GivenUp
from pipelines.servicetitan.api.errors import AccessRefused, ServiceTitanError, Unavailable
from pipelines.servicetitan.api.rate_limit import Budget
from pipelines.servicetitan.api.responses import Again, Json, OutcomeUnknown, TooBusy, lost, understood
from pipelines.servicetitan.api.retry import Patience
from pipelines.servicetitan.api.wire import bounded
from pipelines.settings.settings import Settings, Tenant

log = logging.getLogger("pipelines.servicetitan.api.client")

Params = Mapping[str, str | int]

READ = Patience(first=0.2, longest=2, total=6, timeout=20)
# A write is waited for longer than ServiceTitan's own limit of 100 s, so that it is over when we give it up.
WRITE = Patience(first=0.2, longest=2, total=6, timeout=110)
TOKEN = Patience(first=0.2, longest=1, total=4, timeout=10)
CONNECT_SECONDS = 10
CALLS_AT_ONCE = 8  # per tenant
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
TOKEN_SECONDS = 10  # for all attempts together
REFUSAL_SECONDS = 30  # after which refused credentials are tried again
FAILURE_SECONDS = 5  # in which a tenant that was not connected is taken to be so still
TROUBLE_SECONDS = 60  # for which the latest failure is told

NO_TOKEN = "ServiceTitan's token server does not answer"

TROUBLES = (Unavailable, TooBusy, OutcomeUnknown)


@dataclass
class _Office:
    """What the client holds of one tenant."""

    http: httpx.Client
    token: AccessToken
    places: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(CALLS_AT_ONCE))
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
        budget: Budget,
        transport: httpx.BaseTransport | None = None,
        read: Patience = READ,
        write: Patience = WRITE,
    ) -> None:
        self._settings, self._budget, self._read, self._write = settings, budget, read, write
        self._turns = threading.Lock()
        self._offices = {tenant.id: self._new_office(tenant, transport) for tenant in settings.tenants}

    def close(self) -> None:
        for office in self._offices.values():
            office.http.close()

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
            return understood(response, scope, writing=False)

        return self._patiently(tenant, self._read, until, once)

    def post(self, tenant: Tenant, module: str, path: str, body: Json, *, scope: str) -> Json:
        """Sent again only where it is certain that nothing was carried out. Raises `OutcomeUnknown`, or another
        `ServiceTitanError`, which then means that nothing was written."""
        until = Deadline()

        def once() -> Json:
            response = self._send(tenant, "POST", module, path, self._write, until, json=body)
            return understood(response, scope, writing=True)

        return self._patiently(tenant, self._write, until, once)

    def trouble(self, tenant: Tenant) -> ServiceTitanError | None:
        """What the latest call came to, where it was lately and ServiceTitan did not do its part."""
        office = self._offices[tenant.id]
        return office.trouble if time.monotonic() - office.trouble_at < TROUBLE_SECONDS else None

    def connected(self, tenant: Tenant) -> frozenset[str]:
        """The scopes of the tenant's token, which is asked for if there is none. Raises `ServiceTitanError`, and the
        same one for some seconds without asking again: whoever may ask for our health may come often."""
        office = self._offices[tenant.id]
        with office.checking:
            if office.failure and time.monotonic() - office.failed_at < FAILURE_SECONDS:
                raise office.failure
            try:
                self._token(tenant, Deadline())
            except ServiceTitanError as failure:
                office.failure, office.failed_at = failure, time.monotonic()
                raise
            office.failure = None
            return office.token.scopes

    def ask_token(self, tenant: Tenant) -> tuple[float, frozenset[str]]:
        """A new token's seconds and scopes. Raises `ServiceTitanError`."""
        office = self._offices[tenant.id]
        office.token, office.refused_at, office.failure = self._new_token(office.http, tenant), None, None
        scopes = self.connected(tenant)
        return office.token.lifetime, scopes

    def _send(
        self,
        tenant: Tenant,
        method: str,
        module: str,
        path: str,
        patience: Patience,
        until: Deadline,
        **content: Any,
    ) -> httpx.Response:
        until.check()
        url = f"{self._settings.api_url}/{module}/v2/tenant/{tenant.id}/{path}"
        token, office = self._token(tenant, until), self._offices[tenant.id]
        if not office.places.acquire(timeout=min(self._read.total, until.seconds)):
            raise TooBusy(f"{CALLS_AT_ONCE} calls for tenant {tenant.name} are under way", 5)
        try:
            self._wait_for_turn(tenant, until)
            seconds = min(patience.timeout, until.seconds)
            response = self._exchange(office.http, method, url, seconds, headers=self._headers(token), **content)
        finally:
            office.places.release()
        if response.status_code == 401:
            office.token.drop(token)
        return response

    def _exchange(self, http: httpx.Client, method: str, url: str, seconds: float, **content: Any) -> httpx.Response:
        """Over within so many seconds, whatever the server does."""
        timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        try:
            with bounded(deadline(seconds)):
                return http.request(method, url, timeout=timeout, **content)
        except NEVER_SENT as error:
            raise Again(Unavailable(f"ServiceTitan cannot be reached ({type(error).__name__})")) from None
        except httpx.RequestError as error:
            raise lost(f"the answer was lost ({type(error).__name__})", writing=method != "GET") from None

    def _wait_for_turn(self, tenant: Tenant, until: Deadline) -> None:
        """One thread at a time: those that meet at the file's lock sleep for milliseconds."""
        with self._turns:
            seconds = self._budget.reserve(tenant.id)
        if seconds:
            until.rest(seconds)

    def _patiently(self, tenant: Tenant, patience: Patience, until: Deadline, once: Callable[[], Json]) -> Json:
        office = self._offices[tenant.id]
        try:
            answer = _tried(patience, until, once)
        except GivenUp:
            raise
        except ServiceTitanError as error:
            office.trouble = error if isinstance(error, TROUBLES) else None
            office.trouble_at = time.monotonic()
            raise
        office.trouble = None
        return answer

    def _token(self, tenant: Tenant, until: Deadline) -> str:
        """A token that is refused once stays so, until `REFUSAL_SECONDS` have gone by. One thread asks for it; those
        that wait meanwhile share what comes of it."""
        office = self._offices[tenant.id]
        in_vain = office.in_vain
        if not office.asking.acquire(timeout=min(2 * TOKEN_SECONDS, until.seconds)):
            raise Unavailable(NO_TOKEN)
        try:
            if office.in_vain != in_vain:
                raise Unavailable(NO_TOKEN)
            return self._asked_for(office, tenant)
        finally:
            office.asking.release()

    def _asked_for(self, office: _Office, tenant: Tenant) -> str:
        if office.refused_at is not None and time.monotonic() - office.refused_at > REFUSAL_SECONDS:
            office.token, office.refused_at = self._new_token(office.http, tenant), None
        try:
            with bounded(deadline(TOKEN_SECONDS)):
                return office.token.value()
        except AccessRefused:
            office.refused_at = office.refused_at or time.monotonic()
            raise
        except Unavailable as error:
            log.warning("%s: no token: %s", tenant.name, error)
            office.in_vain += 1
            raise Unavailable(NO_TOKEN) from None

    def _new_office(self, tenant: Tenant, transport: httpx.BaseTransport | None) -> _Office:
        http = http_client(self._read, transport)
        return _Office(http, self._new_token(http, tenant))

    def _new_token(self, http: httpx.Client, tenant: Tenant) -> AccessToken:
        return AccessToken(self._settings, tenant, http, TOKEN)

    def _headers(self, token: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token}",
            "ST-App-Key": self._settings.servicetitan_app_key.get_secret_value(),
        }


def _tried(patience: Patience, until: Deadline, once: Callable[[], Json]) -> Json:
    began, refused = patience.monotonic(), 0
    for backoff in patience.waits():
        try:
            return once()
        except Again as again:
            refused += isinstance(again.error, AccessRefused)
            wait = backoff if again.wait is None else again.wait
            if refused > 1 or patience.monotonic() - began + wait > patience.total or wait >= until.seconds:
                raise again.error from None
        until.rest(wait)
    raise AssertionError("waits() has no end")
