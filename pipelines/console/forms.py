"""What a page's forms post: a token of the session's that is good for one post, and the fields."""

import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import parse_qsl

from pipelines.console.refusals import Refusal

MAX_FIELDS = 1000
MAX_REASON = 2000  # characters, as an action takes of a text


def new_token(session_key: str) -> str:
    nonce = secrets.token_urlsafe(16)
    return f"{nonce}.{signed(session_key, nonce)}"


def signed(session_key: str, nonce: str) -> str:
    return hmac.new(session_key.encode(), nonce.encode(), sha256).hexdigest()


def is_of(session_key: str, token: str) -> bool:
    nonce, _, signature = token.partition(".")
    return bool(nonce) and hmac.compare_digest(signed(session_key, nonce).encode(), signature.encode())


class Form:
    """Fields as they were posted; all but `raw` without blanks around them."""

    def __init__(self, body: bytes) -> None:
        """Raises `Refusal`."""
        try:
            found = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
        except ValueError:  # UnicodeDecodeError is one
            raise Refusal(400, f"the form cannot be read: expected UTF-8, and at most {MAX_FIELDS} fields") from None
        self._fields: dict[str, list[str]] = {}
        for name, value in found:
            self._fields.setdefault(name, []).append(value.replace("\0", ""))

    def raw(self, name: str) -> str:
        return self._fields.get(name, [""])[0]

    def get(self, name: str) -> str:
        """The first; "" where there is none."""
        return self.raw(name).strip()

    def all(self, name: str) -> list[str]:
        return [value.strip() for value in self._fields.get(name, []) if value.strip()]

    def needed(self, name: str, what: str | None = None) -> str:
        """Raises `Refusal`."""
        if value := self.get(name):
            return value
        raise Refusal(422, f"{what or name}: not filled in; nothing was done")

    @property
    def reason(self) -> str:
        """Raises `Refusal`."""
        reason = self.needed("reason", "The reason (it stands in the decisions, for the next reader)")
        if len(reason) > MAX_REASON:
            raise Refusal(
                422, f"The reason: found {len(reason):,} characters; expected at most {MAX_REASON:,}; nothing was done"
            )
        return reason

    def is_ticked(self, name: str) -> bool:
        return self.get(name) not in ("", "0", "false", "no", "off")

    def one_of(self, name: str, choices: Sequence[str]) -> str:
        """Raises `Refusal`."""
        value = self.needed(name)
        if value not in choices:
            raise Refusal(422, f"{name}: found {value!r}; expected one of {', '.join(choices)}")
        return value
