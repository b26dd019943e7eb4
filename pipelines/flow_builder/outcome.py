"""What an answer means for its delivery, and for the queue: delivery.md section 3, as tables."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

Verdict = Literal["delivered", "dead", "endpoint", "busy", "retry", "not begun"]

STATUSES: Mapping[Verdict, Iterable[int]] = {
    "delivered": range(200, 300),
    "endpoint": [*range(300, 400), 401, 403, 404, 405, 410],
    "dead": [400, 409, 413, 415, 422],
    "busy": [429],
}
VERDICTS: Mapping[int, Verdict] = {status: verdict for verdict, statuses in STATUSES.items() for status in statuses}
DELAYS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)
MOST_ATTEMPTS = len(DELAYS) + 1
JITTER = 0.2
ENDPOINT_DELAY = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=24)
SHORTEST_WAIT = timedelta(seconds=1)  # a wait of none would let one run ask without end


@dataclass(frozen=True, slots=True)
class Answer:
    """How one attempt ended: a status, or the class of the error that came before any."""

    status: int | None = None
    error: str | None = None
    milliseconds: int = 0
    text: str = ""  # the first 2 kB
    retry_after: str | None = None
    begun: bool = True  # false: given back before the first byte

    @property
    def verdict(self) -> Verdict:
        if self.status is None:
            return "retry" if self.begun else "not begun"
        return VERDICTS.get(self.status, "retry")

    @property
    def problem(self) -> str | None:
        if self.verdict == "delivered":
            return None
        return self.error or (f"HTTP {self.status}" if self.begun else "not begun")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to write. ``waits_until``: nobody sends before; ``stops``: nothing else is begun in this run."""

    status: Literal["delivered", "dead", "retry"]
    next_attempt_at: datetime | None = None
    counts: bool = True
    waits_until: datetime | None = None
    stops: bool = False


def outcome(answer: Answer, attempts: int, now: datetime, chance: random.Random) -> Outcome:
    """``attempts``: those that count, this one included."""
    match answer.verdict:
        case "delivered" | "dead" as final:
            return Outcome(final)
        case "endpoint":
            return Outcome("retry", now + ENDPOINT_DELAY, counts=False, stops=True)
        case "busy":
            until = now + (asked_wait(answer.retry_after, now) or delay(1, chance))
            return Outcome("retry", until, counts=False, waits_until=until)
        case "not begun":
            return Outcome("retry", now, counts=False)
        case "retry":
            return retry(answer, attempts, now, chance)


def retry(answer: Answer, attempts: int, now: datetime, chance: random.Random) -> Outcome:
    wait = asked_wait(answer.retry_after, now) if answer.status == 503 else None
    waits_until = now + wait if wait else None
    if attempts >= MOST_ATTEMPTS:
        return Outcome("dead", waits_until=waits_until)
    due = now + delay(attempts, chance)
    return Outcome("retry", max(due, waits_until or due), waits_until=waits_until)


def delay(attempts: int, chance: random.Random) -> timedelta:
    return DELAYS[attempts - 1] * chance.uniform(1 - JITTER, 1 + JITTER)


def asked_wait(retry_after: str | None, now: datetime) -> timedelta | None:
    """RFC 9110, 10.2.3: seconds, or a date. None where it is neither."""
    if retry_after is None:
        return None
    try:
        asked = timedelta(seconds=int(retry_after)) if retry_after.isdecimal() else http_date(retry_after) - now
    except (ValueError, OverflowError):
        return LONGEST_WAIT if retry_after.isdecimal() else None
    return min(max(asked, SHORTEST_WAIT), LONGEST_WAIT)


def http_date(text: str) -> datetime:
    """A date without a zone is read as UTC, which RFC 9110 prescribes."""
    date = parsedate_to_datetime(text)
    return date.replace(tzinfo=date.tzinfo or UTC)
