"""delivery.md section 3 on the endpoint and its messages once more, in plain Python, written from its text."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

WRONG = (*range(300, 400), 401, 403, 404, 405, 410)
REFUSED = (400, 409, 413, 415, 422)
PROBES = [30, 60, 120, 240, 300]  # seconds: after it went down, and after each failed probe


def delivers(answer: Any) -> bool:
    return answer.status is not None and 200 <= answer.status < 300


def asks_to_wait(answer: Any) -> bool:
    return answer.status == 429 or (answer.status == 503 and answer.retry_after is not None)


@dataclass
class ExpectedEndpoint:
    """``failed``, ``refused``: the messages of what went wrong since the last success."""

    down_since: datetime | None = None
    refuses: bool = False
    probes: list[datetime] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    refusals: dict[str, datetime] = field(default_factory=dict)  # the first one of each message
    success_at: datetime | None = None
    hangs_on_one: bool = False  # three failures, all of one message: it is down if no other is due

    def stays_down(self, answer: Any) -> bool:
        if self.down_since is None or delivers(answer):
            return False
        return answer.status is None or answer.status >= 500 or answer.status in WRONG or self.refuses

    def heed(self, webhook_id: str, answer: Any, now: datetime) -> None:
        """All but what hangs on one."""
        if answer.status in REFUSED:
            self.refusals.setdefault(webhook_id, now)
        if not answer.begun or self.stays_down(answer):
            return
        if self.down_since or delivers(answer):
            self.come_up()
        if delivers(answer):
            self.success_at = now
            self.failed.clear()
            self.refused.clear()
            self.hangs_on_one = False
        elif answer.status in WRONG:
            self.go_down(now, refuses=False)
        elif asks_to_wait(answer):
            pass
        elif answer.status in REFUSED:
            self.refuse(webhook_id, now)
        else:
            self.failed.append(webhook_id)
            self.hangs_on_one = len(self.failed) >= 3 and len(set(self.failed)) == 1
            if len(self.failed) >= 3 and not self.hangs_on_one:
                self.go_down(now, refuses=answer.status is not None and answer.status < 500)

    def refuse(self, webhook_id: str, now: datetime) -> None:
        if self.success_at is not None and self.refusals[webhook_id] < self.success_at:
            return
        self.refused.add(webhook_id)
        if len(self.refused) >= 3:
            self.go_down(now, refuses=True)

    def go_down(self, now: datetime, refuses: bool) -> None:
        self.down_since, self.refuses, self.probes = now, refuses, []

    def come_up(self) -> None:
        self.down_since, self.refuses, self.probes = None, False, []

    def interval(self) -> timedelta:
        """Until the next probe."""
        return timedelta(seconds=PROBES[min(len(self.probes), len(PROBES) - 1)])

    def earliest_probe(self) -> datetime:
        assert self.down_since
        return [self.down_since, *self.probes][-1] + self.interval()
