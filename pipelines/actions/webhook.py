"""Who sent an inbound webhook: a Standard Webhooks 1.0.0 signature by ``ACTIONS_WEBHOOK_SECRET``."""

import hmac
from collections.abc import Mapping
from datetime import datetime

from pydantic import SecretStr

from pipelines.actions.problems import Problem
from pipelines.flow_builder.signature import sign

TOLERANCE = 300  # seconds between the sender's clock and ours


def verified_id(headers: Mapping[str, str], body: bytes, secret: SecretStr | None, now: datetime) -> str:
    """The message's id; raises `Problem`."""
    if secret is None:
        raise Problem("unauthenticated", "ACTIONS_WEBHOOK_SECRET is not set: send a bearer token")
    message, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message or not stamp.isascii() or not stamp.isdigit():
        raise Problem("unauthenticated", "webhook-id and webhook-timestamp are needed beside webhook-signature")
    if abs(now.timestamp() - int(stamp[:15])) > TOLERANCE:
        raise Problem("unauthenticated", f"webhook-timestamp is more than {TOLERANCE} s from now")
    expected = sign(secret, b".".join((message.encode(), stamp.encode(), body)))
    given = headers.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in given):
        raise Problem("unauthenticated", "the signature does not fit the body")
    return message
