"""Signatures in the form of Standard Webhooks 1.0.0 (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from pydantic import SecretStr


def signed_headers(webhook_id: str, moment: datetime, body: bytes, secrets: Sequence[SecretStr]) -> dict[str, str]:
    """One signature per secret, so that a receiver that knows any of them can verify."""
    seconds = str(int(moment.timestamp()))
    content = b".".join((webhook_id.encode(), seconds.encode(), body))
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(sign(secret, content) for secret in secrets),
    }


def sign(secret: SecretStr, content: bytes) -> str:
    key = base64.b64decode(secret.get_secret_value().removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
