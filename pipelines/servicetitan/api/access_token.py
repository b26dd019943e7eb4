"""A tenant's token: 900 s long good for every call, no refresh token; asked for anew before it ends."""

import logging
import threading
import time
from typing import Any

import httpx

from pipelines.servicetitan.api.errors import AccessRefused, SecretLocked, TransientError, Unavailable, describe
from pipelines.servicetitan.api.responses import refuse_transient
from pipelines.servicetitan.api.retry import Bounds, RetryPolicy
from pipelines.servicetitan.api.visit import Visit
from pipelines.servicetitan.api.wire import exchange
from pipelines.settings import Settings, Tenant

log = logging.getLogger(__name__)

REFUSAL_SECONDS = 30  # after which refused credentials are tried again
NO_TOKEN = "ServiceTitan's token server does not answer"


class AccessToken:
    """Of many threads, one asks for it."""

    def __init__(self, settings: Settings, tenant: Tenant, http: httpx.Client, retry: RetryPolicy) -> None:
        self.url, self.tenant, self.http, self.retry = settings.auth_url, tenant, http, retry
        self.lock = threading.Lock()
        self._forget()

    def value(self, bounds: Bounds) -> str:
        """Raises `AccessRefused` or `Unavailable`; a refusal is not asked for twice."""
        with self.lock:
            return self._good(bounds)

    def drop(self, value: str) -> None:
        """That token was not taken; one that another thread has asked for meanwhile stays."""
        with self.lock:
            if value == self._value:
                self._ends_at = 0.0

    def forget(self) -> None:
        with self.lock:
            self._forget()

    def _forget(self) -> None:
        self._value, self._ends_at = "", 0.0
        self.scopes: frozenset[str] = frozenset()  # what it may do; empty where the server does not say
        self.lifetime = 0.0  # seconds, of the newest token when it was given
        self.refusal: AccessRefused | None = None

    def _good(self, bounds: Bounds) -> str:
        if self.tenant.locked:
            raise SecretLocked(self.tenant.locked)
        if self.refusal:
            raise AccessRefused(str(self.refusal))
        if time.monotonic() >= self._ends_at:
            self._ask(bounds)
        return self._value

    def _ask(self, bounds: Bounds) -> None:
        try:
            answer = self.retry.call(lambda: self._request(bounds), bounds)
        except AccessRefused as refusal:
            self.refusal = refusal
            raise
        self.lifetime = float(answer.get("expires_in", 900))
        self._value = answer["access_token"]
        self.scopes = frozenset(str(answer.get("scope") or "").split())
        self._ends_at = time.monotonic() + self.lifetime - min(60.0, self.lifetime / 5)

    def _request(self, bounds: Bounds) -> dict[str, Any]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.tenant.client_id,
            "client_secret": self.tenant.client_secret.get_secret_value(),
        }
        request = self.http.build_request("POST", self.url, data=form)
        response = exchange(self.http, request, self.retry, bounds)
        refuse_transient(response)
        if response.status_code != 200:
            said = describe(response).replace(form["client_secret"], "…")  # some server's echo is no place for it
            raise AccessRefused(
                f"the token server refused the credentials of tenant {self.tenant.name}: {said};"
                f" check {self.tenant.credentials}"
            )
        try:
            answer: dict[str, Any] = response.json()
            answer["access_token"] + ""
        except (ValueError, KeyError, TypeError):
            raise TransientError("the token server's answer holds no token") from None
        return answer


class SharedToken(AccessToken):
    """For callers who wait: whichever asks does so for all, whatever its own deadline, and those who wait meanwhile
    share what comes of it. Refused credentials are tried again after `REFUSAL_SECONDS`."""

    in_vain = 0  # times that it was asked for
    refused_at = 0.0

    def value(self, bounds: Bounds) -> str:
        in_vain = self.in_vain
        if not self.lock.acquire(timeout=min(2 * self.retry.timeout, bounds.seconds)):
            raise Unavailable(NO_TOKEN)
        try:
            if self.in_vain != in_vain:
                raise Unavailable(NO_TOKEN)
            return self._for_all()
        finally:
            self.lock.release()

    def _for_all(self) -> str:
        """All attempts together take no longer than one may."""
        if self.refusal and time.monotonic() - self.refused_at > REFUSAL_SECONDS:
            self._forget()
        try:
            return self._good(Visit(self.retry.timeout).bounds())
        except Unavailable as error:
            log.warning("%s: no token: %s", self.tenant.name, error)
            self.in_vain += 1
            raise Unavailable(NO_TOKEN) from None

    def _ask(self, bounds: Bounds) -> None:
        try:
            super()._ask(bounds)
        except AccessRefused:
            self.refused_at = time.monotonic()
            raise
