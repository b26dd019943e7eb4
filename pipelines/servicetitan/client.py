"""Single reads and writes for the actions API: answers within seconds, and a write is sent once.

ServiceTitanError
├── Rejected          400, 409, 422: the request is at fault; ``errors`` by field
├── TooBusy           429, 503, or no free place: the way out is to wait ``retry_after`` seconds
└── OutcomeUnknown    a write was sent and nothing tells whether it was carried out
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from pipelines.servicetitan.budget import Budget
from pipelines.servicetitan.connection import AccessToken, failure, http_client
from pipelines.servicetitan.errors import AccessRefused, ServiceTitanError, Unavailable, said
from pipelines.servicetitan.patience import Patience, asked_wait
from pipelines.settings import Settings, Tenant

Json = dict[str, Any]
Params = Mapping[str, str | int]

READ = Patience(first=0.2, longest=2, total=6, timeout=20)
# A write is waited for longer than ServiceTitan's own limit of 100 s, so that it is over when we give it up.
WRITE = Patience(first=0.2, longest=2, total=6, timeout=110)
TOKEN = Patience(first=0.2, longest=1, total=4, timeout=10)
CALLS_AT_ONCE = 8  # per tenant
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
REFUSAL_SECONDS = 30  # after which refused credentials are tried again


class Rejected(ServiceTitanError):
    def __init__(self, message: str, errors: Mapping[str, list[str]]) -> None:
        super().__init__(message)
        self.errors = dict(errors)


class TooBusy(ServiceTitanError):
    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class OutcomeUnknown(ServiceTitanError):
    """``busy``: after so many seconds the server, which was too busy to say more, may be asked again."""

    def __init__(self, message: str, busy: float | None = None) -> None:
        super().__init__(message)
        self.busy = busy


class _Again(Exception):
    """This attempt changed nothing; ``error`` is the answer if there is no further one."""

    def __init__(self, error: ServiceTitanError, wait: float | None = None) -> None:
        self.error, self.wait = error, wait


@dataclass
class _Office:
    """What the client holds of one tenant."""

    token: AccessToken
    places: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(CALLS_AT_ONCE))
    refused_at: float | None = None


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
            response = self._send(tenant, "GET", module, path, self._read.timeout, params=dict(params or {}))
            return self._answer(response, scope, writing=False)

        return self._patiently(self._read, once)

    def post(self, tenant: Tenant, module: str, path: str, body: Json, *, scope: str) -> Json:
        """Sent again only where it is certain that nothing was carried out. Raises `OutcomeUnknown`, or another
        `ServiceTitanError`, which then means that nothing was written."""

        def once() -> Json:
            response = self._send(tenant, "POST", module, path, self._write.timeout, json=body)
            return self._answer(response, scope, writing=True)

        return self._patiently(self._write, once)

    def connected(self, tenant: Tenant) -> frozenset[str]:
        """The scopes of the tenant's token, which is asked for if there is none. Raises `ServiceTitanError`."""
        self._token(tenant)
        return self._offices[tenant.id].token.scopes

    def ask_token(self, tenant: Tenant) -> tuple[float, frozenset[str]]:
        """A new token's seconds and scopes. Raises `ServiceTitanError`."""
        self._offices[tenant.id].token = self._new_token(tenant)
        scopes = self.connected(tenant)
        return self._offices[tenant.id].token.lifetime, scopes

    def _send(
        self, tenant: Tenant, method: str, module: str, path: str, timeout: float, **content: Any
    ) -> httpx.Response:
        url = f"{self._settings.api_url}/{module}/v2/tenant/{tenant.id}/{path}"
        token, office = self._token(tenant), self._offices[tenant.id]
        if not office.places.acquire(timeout=self._read.total):
            raise TooBusy(f"{CALLS_AT_ONCE} calls for tenant {tenant.name} are under way", 5)
        try:
            self._wait_for_turn(tenant)
            response = self._http.request(method, url, headers=self._headers(token), timeout=timeout, **content)
        except NEVER_SENT as error:
            raise _Again(Unavailable(f"ServiceTitan cannot be reached ({type(error).__name__})")) from None
        except httpx.TransportError as error:
            lost = f"the connection broke before an answer came ({type(error).__name__})"
            raise (_Again(Unavailable(lost)) if method == "GET" else OutcomeUnknown(lost)) from None
        finally:
            office.places.release()
        if response.status_code == 401:
            office.token.drop(token)
        return response

    def _wait_for_turn(self, tenant: Tenant) -> None:
        """One thread at a time: those that meet at the file's lock sleep for milliseconds."""
        with self._turns:
            seconds = self._budget.reserve(tenant.id)
        if seconds:
            time.sleep(seconds)

    def _answer(self, response: httpx.Response, scope: str, writing: bool) -> Json:
        """The body of a 200; raises `_Again` for what changed nothing and may pass."""
        status, asked = response.status_code, asked_wait(response)
        if status == 200:
            return decoded(response, writing)
        if status == 401:
            raise _Again(AccessRefused(f"{said(response)}: is the app connected in this tenant?"), wait=0)
        if status == 429 or (status == 503 and not writing):
            raise _Again(TooBusy(f"HTTP {status}", asked or 1), asked)
        if status in (400, 409, 422):
            raise Rejected(f"HTTP {status}", refusal(response))
        if status == 408 or status >= 500:
            busy = (asked or 1) if status == 503 else None
            raise OutcomeUnknown(f"HTTP {status}", busy) if writing else _Again(Unavailable(f"HTTP {status}"), asked)
        raise failure(response, scope)

    def _patiently(self, patience: Patience, once: Callable[[], Json]) -> Json:
        began, refused = patience.monotonic(), 0
        for backoff in patience.waits():
            try:
                return once()
            except _Again as again:
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

    def _new_token(self, tenant: Tenant) -> AccessToken:
        return AccessToken(self._settings, tenant, self._http, TOKEN)

    def _headers(self, token: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token}",
            "ST-App-Key": self._settings.servicetitan_app_key.get_secret_value(),
        }


def decoded(response: httpx.Response, writing: bool) -> Json:
    try:
        body = orjson.loads(response.content)
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    message = "HTTP 200 with a body that is no JSON object"
    raise OutcomeUnknown(message) if writing else _Again(Unavailable(message))


def refusal(response: httpx.Response) -> dict[str, list[str]]:
    """ServiceTitan's ``errors``: a field's name -> its messages; without any, the title stands for them."""
    try:
        body = orjson.loads(response.content)
        errors = body.get("errors") or {"": [body["title"]]}
        return {str(name): [str(message) for message in messages] for name, messages in errors.items()}
    except (ValueError, AttributeError, KeyError, TypeError):
        return {}
