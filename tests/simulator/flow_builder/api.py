"""The back end's way to the actions API: it has the token, so that no page needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

PREFIX = "/api/servicetitan"
PATIENCE = 30.0  # seconds; an action may have to wait for ServiceTitan
PASSED_ON = ("content-type", "idempotency-key", "accept")
PASSED_BACK = ("content-type", "idempotent-replayed", "retry-after")


@dataclass(frozen=True)
class Outcome:
    """``status`` None: nobody answered. ``body``: the JSON that came, or the text."""

    status: int | None
    body: Any

    @property
    def is_good(self) -> bool:
        return self.status is not None and self.status < 400

    @property
    def problem(self) -> str:
        """In words; of a good one there is none."""
        if self.is_good:
            return ""
        said = self.body if isinstance(self.body, dict) else {"detail": str(self.body)}
        fields = [in_words(name, wrong) for name, wrong in (said.get("errors") or {}).items()]
        detail = "; ".join(fields) or said.get("detail")
        return ": ".join(str(one) for one in (said.get("title"), detail) if one)


def in_words(name: str, wrong: Any) -> str:
    """Of a field that was refused."""
    words = "; ".join(map(str, wrong if isinstance(wrong, list) else [wrong]))
    name = name.removeprefix("input.").replace("_", " ")
    return f"{name} is needed" if words == "Field required" else f"{name}: {words}"


class ActionsApi:
    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._client = httpx.Client(
            base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=PATIENCE, trust_env=False
        )

    def act(self, type: str, tenant: str | None, form: Mapping[str, Any], key: str) -> Outcome:
        """Runs an action; ``key`` makes a write that is repeated one write."""
        body = {"tenant": tenant or None, "input": form}
        return self.call("POST", f"/actions/{type}", json=body, headers={"idempotency-key": key})

    def call(self, method: str, path: str, **options: Any) -> Outcome:
        try:
            answer = self._client.request(method, PREFIX + path, **options)
        except httpx.TransportError:
            return Outcome(None, f"The actions API does not answer at {self.url}; is it up?")
        return Outcome(answer.status_code, _parsed(answer))

    def forward(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        """A node's own call, as it is, with the token. Raises `httpx.TransportError`."""
        kept = {name: headers[name] for name in PASSED_ON if name in headers}
        address = httpx.URL(PREFIX + path, query=query.encode())
        return self._client.request(method, address, headers=kept, content=body)


def _parsed(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text
