"""What a call to ServiceTitan can come to.

ServiceTitanError
├── Unavailable       tried for minutes: busy, broken, slow or unreachable
│   └── TenantGivenUp and so is all of this tenant
├── OutOfTime         what the sync gives the tenant is over; nothing is wrong
├── AccessRefused     the tenant's credentials, or its token, are not taken
│   └── SecretLocked  they cannot be read: SECRETS_KEY is another one
├── ScopeMissing      403: the app lacks a scope in this tenant
├── NotFound          404
├── Refused           any other answer that trying again cannot mend
│   └── Invalid       400, 409, 422: the request is at fault; ``errors`` by field
├── RateLimited       429, 503, or no free place: the way out is to wait ``retry_after`` seconds
└── OutcomeUnknown    a write was sent and nothing tells whether it was carried out
"""

import json
import re
from collections.abc import Mapping

import httpx


class ServiceTitanError(Exception):
    """The message says what the server said; who asked for what stands before it (`in_context`)."""

    def in_context(self, context: str) -> "ServiceTitanError":
        self.args = (f"{context}: {self}",)
        return self


class Unavailable(ServiceTitanError):
    pass


class TenantGivenUp(Unavailable):
    pass


class OutOfTime(ServiceTitanError):
    pass


class AccessRefused(ServiceTitanError):
    pass


class SecretLocked(AccessRefused):
    pass


class ScopeMissing(ServiceTitanError):
    def __init__(self, message: str, scope: str = "") -> None:
        super().__init__(message)
        self.scope = scope


class NotFound(ServiceTitanError):
    pass


class Refused(ServiceTitanError):
    pass


class Invalid(Refused):
    def __init__(self, message: str, status: int, errors: Mapping[str, list[str]]) -> None:
        super().__init__(message)
        self.status, self.errors = status, dict(errors)


class RateLimited(ServiceTitanError):
    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class OutcomeUnknown(ServiceTitanError):
    """``busy``: after so many seconds the server, which was too busy to say more, may be asked again."""

    def __init__(self, message: str, busy: float | None = None) -> None:
        super().__init__(message)
        self.busy = busy


class TransientError(Exception):
    """One attempt changed nothing, and the next may succeed. ``error``: what it comes to for a caller where there is
    none. ``wait``: what the server asked for, in seconds."""

    def __init__(self, message: str, error: ServiceTitanError | None = None, wait: float | None = None) -> None:
        super().__init__(message)
        self.error = error or Unavailable(message)
        self.wait = wait


def describe(response: httpx.Response) -> str:
    """Status and the body's gist; bodies are problem details, an OAuth error, a gateway's HTML, or nothing."""
    try:
        body = json.loads(response.content)
        gist = " ".join(str(body[key]) for key in ("error", "title", "errors") if body.get(key))
    except (ValueError, AttributeError, TypeError):
        gist = re.sub(r"<[^>]*>|\s+", " ", response.text)
    gist = " ".join(gist.split())[:200]
    return f"HTTP {response.status_code}" + (f" ({gist})" if gist else "")
