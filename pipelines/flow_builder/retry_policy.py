"""What an answer means for its delivery, and for the queue: delivery.md section 3, as tables."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pipelines.flow_builder.statuses import Status
from pipelines.retry_after import retry_after

Verdict = Literal["delivered", "dead", "endpoint", "busy", "retry", "not begun"]

STATUSES: Mapping[Verdict, Iterable[int]] = {
    "delivered": range(200, 300),
    "endpoint": [*range(300, 400), 401, 403, 404, 405, 410],  # the endpoint, whatever the message
    "dead": [400, 409, 413, 415, 422],  # the message, unless all are
    "busy": [429],
}
VERDICTS: Mapping[int, Verdict] = {status: verdict for verdict, statuses in STATUSES.items() for status in statuses}
RETRY_SCHEDULE = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)
MAX_ATTEMPTS = len(RETRY_SCHEDULE) + 1
JITTER = 0.2

SHORTEST_WAIT = timedelta(seconds=1)  # a wait of none would let one run ask without end


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """How one attempt ended: a status, or the class of the error that came before any."""

    status: int | None = None
    error: str | None = None
    milliseconds: int = 0
    text: str = ""  # the first 2 kB
    retry_after: str | None = None
    begun: bool = True  # false: given back before the first byte

    @property
    def verdict(self) -> Verdict:
        """``retry``: it may be the endpoint or the message."""
        if self.status is None:
            return "retry" if self.begun else "not begun"
        return VERDICTS.get(self.status, "retry")

    @property
    def problem(self) -> str | None:
        if self.verdict == "delivered":
            return None
        return self.error or (f"HTTP {self.status}" if self.begun else "not begun")


@dataclass(frozen=True, slots=True)
class Settlement:
    """What to write. ``next_attempt_at`` None: at once, in its place. ``waits_until``: nobody sends before."""

    status: Status
    next_attempt_at: datetime | None = None
    counts: bool = True
    waits_until: datetime | None = None


def outcome(
    answer: AttemptResult,
    attempts: int,
    now: datetime,
    chance: random.Random,
    *,
    stays_down: bool = False,
    was_cut_off: bool = False,
) -> Settlement:
    """``attempts``: those that count, this one included; ``was_cut_off``: the receiver may still be at an earlier one;
    ``stays_down``: so does the endpoint, after this answer."""
    verdict = answer.verdict
    if verdict == "delivered":
        return Settlement(Status.DELIVERED)
    if wait := asked_wait(answer, now, chance):
        return Settlement(Status.RETRY, now + wait, counts=False, waits_until=now + wait)
    if verdict == "not begun":
        return Settlement(Status.RETRY, counts=False)
    if stays_down or verdict == "endpoint":
        return Settlement(Status.RETRY, now + RETRY_SCHEDULE[0], counts=False)
    is_refused = verdict == "dead" and not (answer.status == 409 and was_cut_off)
    if is_refused or attempts >= MAX_ATTEMPTS:
        return Settlement(Status.DEAD)
    return Settlement(Status.RETRY, now + delay(attempts, chance))


def asked_wait(answer: AttemptResult, now: datetime, chance: random.Random) -> timedelta | None:
    """Of the whole queue: a 429 means one in any case."""
    if answer.status not in (429, 503):
        return None
    asked = retry_after(answer.retry_after, now)
    if asked is not None:
        return max(asked, SHORTEST_WAIT)
    return delay(1, chance) if answer.status == 429 else None


def delay(attempts: int, chance: random.Random) -> timedelta:
    return RETRY_SCHEDULE[attempts - 1] * chance.uniform(1 - JITTER, 1 + JITTER)
