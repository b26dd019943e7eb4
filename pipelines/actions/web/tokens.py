"""Who may call the API: ``ACTIONS_TOKENS``.

Each entry is ``name:token``, ``name:token:ro`` or ``name:token:rw:socal+dfw``: after the token, ``ro`` (reading only)
or ``rw``, then the names of the tenants that it is bound to; by default all of them, reading and writing.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from pipelines.settings import ConfigurationError, Settings, Tenant
from pipelines.tenants import directory

SHAPE = "expected name:token, name:token:ro or name:token:rw:tenant+tenant"
RIGHTS = {"ro": False, "rw": True}


@dataclass(frozen=True)
class ApiToken:
    """What one bearer token opens; ``tenants`` by name, None: every tenant."""

    name: str
    digest: bytes = b""
    writes: bool = True
    tenants: frozenset[str] | None = None

    def admits(self, tenant: Tenant) -> bool:
        return self.tenants is None or tenant.name in self.tenants


WEBHOOK = ApiToken("webhook")  # who signs with ACTIONS_WEBHOOK_SECRET


def accesses(settings: Settings) -> tuple[ApiToken, ...]:
    """Raises `ConfigurationError`, one line per problem; no token is shown."""
    if not settings.actions_tokens:
        raise ConfigurationError(f"ACTIONS_TOKENS: not set; the actions API refuses to start without; {SHAPE}")
    found, problems = [], []
    for place, entry in enumerate(settings.actions_tokens, start=1):
        try:
            found.append(_parsed(entry.get_secret_value(), settings))
        except ValueError as error:
            problems.append(f"ACTIONS_TOKENS: entry {place}: {error}")
    names, tokens = len({access.name for access in found}), len({access.digest for access in found})
    for what, distinct in (("name", names), ("token", tokens)):
        if distinct < len(found):
            problems.append(f"ACTIONS_TOKENS: two entries have the same {what}; expected a {what} of its own for each")
    if problems:
        raise ConfigurationError("\n".join(problems))
    return tuple(found)


def _parsed(entry: str, settings: Settings) -> ApiToken:
    name, token, rights, bound, *more = [*entry.split(":"), "", "", ""][: max(4, entry.count(":") + 1)]
    if not name or not token or more:
        raise ValueError(SHAPE)
    if rights not in ("", *RIGHTS):
        raise ValueError(f"found {rights!r} after the token; expected ro or rw")
    if name == WEBHOOK.name:
        raise ValueError(f"the name {name!r} is taken by the inbound webhook; expected another")
    tenants = frozenset(_tenant_name(part, settings) for part in bound.split("+")) if bound else None
    return ApiToken(name, digest(token), RIGHTS.get(rights, True), tenants)


def _tenant_name(name: str, settings: Settings) -> str:
    try:
        return directory.find(settings, name).name
    except ConfigurationError as error:
        raise ValueError(str(error)) from None


def digest(token: str) -> bytes:
    return sha256(token.encode()).digest()


def access_of(token: str, known: tuple[ApiToken, ...]) -> ApiToken | None:
    """Compares with every entry to the end, so that the time tells nothing."""
    presented, found = digest(token), None
    for access in known:
        if hmac.compare_digest(presented, access.digest):
            found = access
    return found
