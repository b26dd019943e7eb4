"""Who may call the API: ``ACTIONS_TOKENS``.

Each entry is ``name:token``, ``name:token:ro`` or ``name:token:rw:socal+dfw``: after the token, ``ro`` (reading only),
``rw`` or ``admin`` (who also connects tenants), then the names of the tenants that it is bound to; by default all of
them, reading and writing. A name is looked up when a request comes: its tenant may come, change and go meanwhile.
"""

import hmac
import logging
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, cast

from pipelines.settings import ConfigurationError, Settings, Tenant
from pipelines.tenants import directory

Right = Literal["ro", "rw", "admin"]

log = logging.getLogger("pipelines.actions")
SHAPE = "expected name:token, name:token:ro or name:token:rw:tenant+tenant"
RIGHTS: tuple[Right, ...] = ("ro", "rw", "admin")


@dataclass(frozen=True)
class ApiToken:
    """What one bearer token opens; ``tenants`` by name or id, None: every tenant."""

    name: str
    digest: bytes = b""
    right: Right = "rw"
    tenants: frozenset[str] | None = None

    @property
    def writes(self) -> bool:
        return self.right != "ro"

    @property
    def administers(self) -> bool:
        return self.right == "admin"

    def admits(self, tenant: Tenant) -> bool:
        return self.opens(tenant.name, tenant.id)

    def opens(self, *refs: str | int) -> bool:
        """A tenant that may be called any of these."""
        return self.tenants is None or not self.tenants.isdisjoint(map(str, refs))


WEBHOOK = ApiToken("webhook")  # who signs with ACTIONS_WEBHOOK_SECRET


def accesses(settings: Settings) -> tuple[ApiToken, ...]:
    """Raises `ConfigurationError`, one line per problem; no token is shown."""
    if not (settings.actions_tokens or settings.console_users):
        raise ConfigurationError(
            f"ACTIONS_TOKENS: not set, nor CONSOLE_USERS; one of them is needed for anybody to be let in; {SHAPE}"
        )
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
        raise ValueError(f"found {rights!r} after the token; expected ro or rw, or admin")
    if name == WEBHOOK.name:
        raise ValueError(f"the name {name!r} is taken by the inbound webhook; expected another")
    tenants = frozenset(_tenant_ref(part, name, settings) for part in bound.split("+")) if bound else None
    return ApiToken(name, digest(token), cast(Right, rights or "rw"), tenants)


def _tenant_ref(ref: str, caller: str, settings: Settings) -> str:
    """Raises ValueError where there is no such tenant, and none can be connected."""
    try:
        directory.find(settings, ref)
    except ConfigurationError as error:
        if not settings.secrets_key:
            raise ValueError(str(error)) from None
        log.warning("ACTIONS_TOKENS: %s: tenant %r is not connected yet", caller, ref)
    return ref.lower()


def digest(token: str) -> bytes:
    return sha256(token.encode()).digest()


def access_of(token: str, known: tuple[ApiToken, ...]) -> ApiToken | None:
    """Compares with every entry to the end, so that the time tells nothing."""
    presented, found = digest(token), None
    for access in known:
        if hmac.compare_digest(presented, access.digest):
            found = access
    return found
