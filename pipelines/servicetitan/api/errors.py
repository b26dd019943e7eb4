"""What a call to ServiceTitan can come to.

ServiceTitanError
├── Unavailable       tried for minutes: busy, broken, slow or unreachable
│   └── TenantGivenUp and so is all of this tenant
├── OutOfTime         what the sync gives the tenant is over; nothing is wrong
├── AccessRefused     the tenant's credentials, or its token, are not taken
├── ScopeMissing      403: the app lacks a scope in this tenant
├── NotFound          404
└── Refused           any other answer that trying again cannot mend
"""

import json
import re

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


class ScopeMissing(ServiceTitanError):
    def __init__(self, message: str, scope: str = "") -> None:
        super().__init__(message)
        self.scope = scope


class NotFound(ServiceTitanError):
    pass


class Refused(ServiceTitanError):
    pass


class TransientError(Exception):
    """One attempt changed nothing, and the next may succeed. ``error``: what it comes to where there is none; words
    are `Unavailable`'s. ``wait``: what the server asked for, in seconds."""

    def __init__(self, error: ServiceTitanError | str, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = Unavailable(error) if isinstance(error, str) else error
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
