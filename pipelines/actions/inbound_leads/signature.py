"""Who sent an inbound webhook: a Standard Webhooks 1.0.0 signature by ``ACTIONS_WEBHOOK_SECRET``."""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from pydantic import SecretStr

from pipelines.actions.web.problems import Problem
from pipelines.webhooks import sign

TOLERANCE = 300  # seconds between the sender's clock and ours
SIGNATURE = re.compile(r"v1,[A-Za-z0-9+/]{43}=")
MAX_SIGNATURES = 10  # signatures that are compared: a sender has as many as it has secrets


def check_headers(headers: Mapping[str, str], secret: SecretStr | None, now: datetime) -> list[str]:
    """What tells garbage before its body is read; gives the signatures. Raises `Problem`."""
    if secret is None:
        raise Problem("unauthenticated", "ACTIONS_WEBHOOK_SECRET is not set: send a bearer token")
    stamp = headers.get("webhook-timestamp", "")
    if not headers.get("webhook-id") or not stamp.isascii() or not stamp.isdigit():
        raise Problem("unauthenticated", "webhook-id and webhook-timestamp are needed beside webhook-signature")
    if abs(now.timestamp() - int(stamp[:15])) > TOLERANCE:
        raise Problem("unauthenticated", f"webhook-timestamp is more than {TOLERANCE} s from now")
    given = [one for one in headers.get("webhook-signature", "").split(" ") if SIGNATURE.fullmatch(one)]
    if not given:
        raise Problem("unauthenticated", "webhook-signature: expected v1, and 32 bytes in base64")
    return given[:MAX_SIGNATURES]


def verified_id(headers: Mapping[str, str], body: bytes, secret: SecretStr | None, now: datetime) -> str:
    """The message's id; raises `Problem`."""
    given = check_headers(headers, secret, now)
    assert secret is not None
    message = headers["webhook-id"]
    expected = sign(secret, b".".join((message.encode(), headers["webhook-timestamp"].encode(), body)))
    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in given):
        raise Problem("unauthenticated", "the signature does not fit the body")
    return message
