"""One tenant's door to ServiceTitan: a token, both headers, the rate limit, and retries."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import httpx

from pipelines.servicetitan.api.errors import (
    AccessRefused,
    NotFound,
    Refused,
    ScopeMissing,
    ServiceTitanError,
    TransientError,
    describe,
)
from pipelines.servicetitan.api.rate_limit import RateLimiter
from pipelines.servicetitan.api.retry import RetryPolicy, asked_wait
from pipelines.servicetitan.api.visit import Visit
from pipelines.servicetitan.api.wire import BoundedTransport, Left, bounded
from pipelines.settings import Settings, Tenant

MAX_CALLS = 4  # per tenant
ENCODED = {"content-encoding", "content-length", "transfer-encoding"}

T = TypeVar("T")


def http_client(retry: RetryPolicy, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """For all tenants; ``trust_env`` off, so that no proxy or netrc of the machine sees a token."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=30)
    timeout = httpx.Timeout(retry.timeout, connect=min(10, retry.timeout))
    return httpx.Client(trust_env=False, timeout=timeout, transport=transport or BoundedTransport(limits))


class AccessToken:
    """The tenant's token: 900 s long good for every call, no refresh token; asked for anew before it ends."""

    def __init__(self, settings: Settings, tenant: Tenant, http: httpx.Client, retry: RetryPolicy) -> None:
        self._url, self._tenant, self._http, self._retry = settings.auth_url, tenant, http, retry
        self._lock = threading.Lock()
        self._value, self._ends_at = "", 0.0
        self._scopes: frozenset[str] = frozenset()
        self.lifetime = 0.0  # seconds, of the newest token when it was given
        self._refusal: AccessRefused | None = None

    def value(self) -> str:
        """Raises `AccessRefused` or `Unavailable`; a refusal is not asked for twice."""
        with self._lock:
            if self._refusal:
                raise AccessRefused(str(self._refusal))
            if time.monotonic() >= self._ends_at:
                self._ask()
            return self._value

    @property
    def scopes(self) -> frozenset[str]:
        """What the token may do; empty where the server does not say."""
        self.value()
        return self._scopes

    def drop(self, value: str) -> None:
        """That token was not taken; one that another thread has asked for meanwhile stays."""
        with self._lock:
            if value == self._value:
                self._ends_at = 0.0

    def _ask(self) -> None:
        try:
            answer = self._retry.call(self._request)
        except AccessRefused as refusal:
            self._refusal = refusal
            raise
        self.lifetime = float(answer.get("expires_in", 900))
        self._value = answer["access_token"]
        self._scopes = frozenset(str(answer.get("scope") or "").split())
        self._ends_at = time.monotonic() + self.lifetime - min(60.0, self.lifetime / 5)

    def _request(self) -> dict[str, Any]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._tenant.client_id,
            "client_secret": self._tenant.client_secret.get_secret_value(),
        }
        response = attempt(self._http, self._retry, "POST", self._url, data=form)
        if response.status_code != 200:
            raise AccessRefused(
                f"the token server refused the credentials of tenant {self._tenant.name}: {describe(response)};"
                f" check SERVICETITAN_TENANTS__{self._tenant.name.upper()}__CLIENT_ID and __CLIENT_SECRET"
            )
        try:
            answer: dict[str, Any] = response.json()
            answer["access_token"] + ""
        except (ValueError, KeyError, TypeError):
            raise TransientError("the token server's answer holds no token") from None
        return answer


class BulkClient:
    """Reads for one tenant. `get` may be called from several threads."""

    def __init__(
        self, settings: Settings, tenant: Tenant, http: httpx.Client, rate_limiter: RateLimiter, retry: RetryPolicy
    ) -> None:
        self.tenant = tenant
        self.token = AccessToken(settings, tenant, http, retry)
        self._settings, self._http, self._rate_limiter, self._retry = settings, http, rate_limiter, retry

    def get(
        self,
        module: str,
        path: str,
        params: Mapping[str, Any],
        decode: Callable[[bytes], T],
        scope: str = "",
        on_call: Callable[[], None] = lambda: None,
        whole: bool = False,
    ) -> T:
        """Tries as long as the policy says, and calls ``on_call`` each time; ``decode`` raises ValueError for a body
        that is broken; ``whole`` as in `Visit.left`.

        Raises `ServiceTitanError`.
        """
        url = f"{self._settings.api_url}/{module}/v2/tenant/{self.tenant.id}/{path}"
        refused: set[str] = set()

        def once() -> T:
            token = self.token.value()
            self._rate_limiter.wait(self.tenant.id)
            on_call()
            headers = self._headers(token)
            response = attempt(self._http, self._retry, "GET", url, params=dict(params), headers=headers)
            if response.status_code == 200:
                return decoded(response, decode)
            if response.status_code == 401 and not refused:
                refused.add(token)
                self.token.drop(token)
                raise TransientError(describe(response), wait=0)
            raise failure(response, scope)

        answer = self._retry.call(once, whole)
        self.visit.answered = True
        return answer

    @property
    def visit(self) -> Visit:
        return self._retry.visit

    def _headers(self, token: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token}",
            "ST-App-Key": self._settings.servicetitan_app_key.get_secret_value(),
        }


def attempt(http: httpx.Client, retry: RetryPolicy, method: str, url: str, **content: Any) -> httpx.Response:
    """One request. Raises `TransientError` for what may pass: 408, 429, 5xx, timeouts, broken connections."""
    try:
        with bounded(deadline(retry.timeout)), http.stream(method, url, **content) as stream:
            body = b"".join(until(retry, stream.iter_bytes()))
    except httpx.RequestError as error:
        raise TransientError(f"{type(error).__name__}: {error}") from None
    plain = {name: value for name, value in stream.headers.items() if name not in ENCODED}
    response = httpx.Response(stream.status_code, headers=plain, content=body)
    if response.status_code in (429, 503):
        raise TransientError(describe(response), asked_wait(response))
    if response.status_code == 408 or response.status_code >= 500:
        raise TransientError(describe(response))
    return response


def deadline(seconds: float) -> Left:
    ends = time.monotonic() + seconds
    return lambda: ends - time.monotonic()


def until(retry: RetryPolicy, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A body that drips must end, whatever transport it comes by."""
    deadline = retry.monotonic() + retry.timeout
    for chunk in chunks:
        if retry.monotonic() > deadline:
            raise TransientError(f"the body was not all there after {retry.timeout:.0f} s")
        yield chunk


def decoded(response: httpx.Response, decode: Callable[[bytes], T]) -> T:
    try:
        return decode(response.content)
    except ValueError as error:
        raise TransientError(f"HTTP 200 with a body that cannot be read ({error})") from None


def failure(response: httpx.Response, scope: str) -> ServiceTitanError:
    status, what = response.status_code, describe(response)
    if status == 401:
        return AccessRefused(f"{what}: a fresh token was not taken; is the app connected in this tenant?")
    if status == 403:
        return ScopeMissing(f"{what}: the app needs the scope {scope} in this tenant", scope)
    if status == 404:
        return NotFound(what)
    return Refused(what)
