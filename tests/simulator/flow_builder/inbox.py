"""What came of each mail's turn, for who wants to look at it; and the gate as it is asked over HTTP."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

import httpx

from tests.simulator.flow_builder.flows import Data, FlowBuilder, Gate, Run, Turn
from tests.simulator.flow_builder.mails import Mail

PATIENCE = 5.0  # seconds for an answer of the gate
TRIES, PAUSE = 5, 0.5  # where it is asked too often
OUT_OF_REACH = {"may_send": False, "reasons": ["stale_data"]}  # asked again later


@dataclass
class Inbox:
    """``collect`` lets leave what is due; a message may come at the same time from another thread."""

    flows: FlowBuilder
    turns: list[Turn] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def take(self, webhook_id: str, body: Mapping[str, Any], now: datetime) -> Run | None:
        with self._lock:
            return self.flows.take(webhook_id, body, now)

    def collect(self, now: datetime) -> list[Mail]:
        while self._next(now):
            pass
        return [turn.mail for turn in self.turns if turn.mail]

    def _next(self, now: datetime) -> Turn | None:
        """One at a time: a message that comes waits for one answer of the gate at most."""
        with self._lock:
            turn = next(self.flows.turns(now), None)
            if turn:
                self.turns.append(turn)
            return turn


def gate_at(url: str, token: str) -> Gate:
    """Of the actions API at that address. While nobody answers there, nothing may be sent."""
    client = httpx.Client(headers={"authorization": f"Bearer {token}"}, timeout=PATIENCE, trust_env=False)

    def ask(transition_id: str) -> Data | None:
        try:
            answer = asked(client, f"{url}/api/servicetitan/transitions/{transition_id}")
        except httpx.TransportError:
            return OUT_OF_REACH
        if answer.status_code == 404:
            return None
        return dict(answer.json()) if answer.status_code == 200 else OUT_OF_REACH

    return ask


def asked(client: httpx.Client, address: str) -> httpx.Response:
    """Days that are hurried ask in a second what would be asked in months."""
    for _ in range(TRIES):
        answer = client.get(address)
        if answer.status_code != 429:
            break
        time.sleep(PAUSE)
    return answer
