"""The token server's side: who may ask, and which tokens hold. Times are the world's clock."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import orjson

from tests.simulator.answers import Answer
from tests.simulator.clock import Clock
from tests.simulator.endpoints import EXPORTS, LISTINGS
from tests.simulator.switches import Switches
from tests.simulator.world import Company

APP_KEY = "ak1.simulator"
RESOURCES = {"tn.crm.contacts", *(row.scope for row in (*LISTINGS, *EXPORTS))}
SCOPES = frozenset(f"{resource}:{right}" for resource in RESOURCES for right in "rw")


@dataclass
class Client:
    """What a tenant's administrator hands out; two secrets hold at once while they are rotated."""

    tenant_id: int
    client_id: str
    secrets: list[str]
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))


@dataclass
class Token:
    tenant_id: int
    expires: float


class TokenServer:
    def __init__(self, companies: list[Company], now: Clock, switches: Switches) -> None:
        self.now, self.switches = now, switches
        self.clients = {
            company.tenant_id: Client(company.tenant_id, f"cid.{company.name}", [f"cs1.{company.name}"])
            for company in companies
        }
        self.tokens: dict[str, Token] = {}
        self._key = secrets.token_bytes(32)

    def revoke(self) -> None:
        """Every token that was given out ends now."""
        self.tokens.clear()

    def asks(self, body: bytes) -> int | None:
        """Whose client it is."""
        form = parse_qs(body.decode(errors="replace"))
        owners = {client.client_id: client.tenant_id for client in self.clients.values()}
        return owners.get(form.get("client_id", [""])[0])

    def issue(self, body: bytes, content_type: str) -> Answer:
        """Client credentials as a form; a JSON body is refused."""
        form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        if not content_type.startswith("application/x-www-form-urlencoded"):
            return Answer({"error": "invalid_request"}, 400)
        if form.get("grant_type") != "client_credentials":
            return Answer({"error": "unsupported_grant_type"}, 400)
        client = next((c for c in self.clients.values() if c.client_id == form.get("client_id")), None)
        if client is None or form.get("client_secret") not in client.secrets:
            return Answer({"error": "invalid_client"}, self.switches.bad_secret_status)
        return self._grant(client)

    def tenant_of(self, authorization: str) -> int | None:
        """With or without the word Bearer; None where the token is unknown or over."""
        token = self.tokens.get(authorization.removeprefix("Bearer ").strip())
        return token.tenant_id if token and self.now().timestamp() < token.expires else None

    def _grant(self, client: Client) -> Answer:
        seconds = self.switches.token_seconds
        expires = self.now().timestamp() + seconds
        claims = {"client_id": client.client_id, "tenant": client.tenant_id, "exp": int(expires)}
        token = self._signed({**claims, "scope": sorted(client.scopes), "jti": secrets.token_hex(8)})
        self.tokens[token] = Token(client.tenant_id, expires)
        said = {"scope": " ".join(sorted(client.scopes))} if self.switches.token_says_scopes else {}
        return Answer({"access_token": token, "expires_in": seconds, "token_type": "Bearer", **said})

    def _signed(self, claims: dict[str, object]) -> str:
        """A JSON Web Token of HS256."""
        parts = [_segment(orjson.dumps({"alg": "HS256", "typ": "JWT"})), _segment(orjson.dumps(claims))]
        return ".".join([*parts, _segment(hmac.digest(self._key, ".".join(parts).encode(), hashlib.sha256))])


def _segment(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
