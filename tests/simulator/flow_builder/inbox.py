"""The mails that have left, for who wants to look at them; and the gate as it is asked over HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

import httpx

from tests.simulator.flow_builder.flows import Data, FlowBuilder, Gate
from tests.simulator.flow_builder.mails import Mail

PATIENCE = 5.0  # seconds for an answer of the gate
OUT_OF_REACH = {"may_send": False, "reasons": ["stale_data"]}  # asked again later


@dataclass
class Inbox:
    """``collect`` lets leave what is due; a message may come at the same time from another thread."""

    flows: FlowBuilder
    mails: list[Mail] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def take(self, webhook_id: str, body: Mapping[str, Any], now: datetime) -> None:
        with self._lock:
            self.flows.take(webhook_id, body, now)

    def collect(self, now: datetime) -> list[Mail]:
        with self._lock:
            self.mails += self.flows.due(now)
            return list(self.mails)


def gate_at(url: str, token: str) -> Gate:
    """Of the actions API at that address. While nobody answers there, nothing may be sent."""

    def ask(transition_id: str) -> Data | None:
        address = f"{url}/api/servicetitan/transitions/{transition_id}"
        try:
            answer = httpx.get(address, headers={"authorization": f"Bearer {token}"}, timeout=PATIENCE)
        except httpx.TransportError:
            return OUT_OF_REACH
        if answer.status_code == 404:
            return None
        return dict(answer.json()) if answer.status_code == 200 else OUT_OF_REACH

    return ask
