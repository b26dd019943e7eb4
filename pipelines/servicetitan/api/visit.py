"""A tenant's turn in one sync: how long it may be asked, and when it is given up."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.servicetitan.api.errors import OutOfTime, TenantGivenUp, TransientError, Unavailable


class Visit:
    """No call begins after ``seconds``, and one that is under way ends ``grace`` later; a tenant none of whose calls
    got through for ``silence`` is given up, for one reason. Threads share it."""

    def __init__(
        self,
        seconds: float = math.inf,
        silence: float = math.inf,
        grace: float = 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.length, self.silence, self.grace, self.monotonic = seconds, silence, grace, monotonic
        self._lock = threading.Lock()
        self.begin()

    def begin(self) -> None:
        self.began, self.heard_at, self.stopped = self.monotonic(), -math.inf, False
        self.given_up: str | None = None  # why
        self.last: TransientError | None = None  # failure, of any call, since one got through
        self.waiting = False  # a call was under way when the time ended
        self.answered = False  # a call got through that was not for the token alone

    def give_up(self, silent: float) -> str:
        """Why; the first reason stays, whichever thread had it."""
        with self._lock:
            if not self.given_up:
                last = f"the last: {self.last}" if self.last else "no answer"
                self.given_up = f"nothing got through for {silent:.0f} s; {last}"
            return self.given_up

    def stop(self) -> None:
        """Ends the calls that are under way."""
        self.stopped = True

    def bounds(self, sleep: Callable[[float], None] = time.sleep, whole: bool = False) -> "VisitBounds":
        """Of a call that begins now."""
        return VisitBounds(self, sleep, whole, self.monotonic())

    @property
    def ends_in(self) -> float:
        return self.began + self.length - self.monotonic()


@dataclass(frozen=True)
class VisitBounds:
    """``whole``: the call belongs to what can only be read as a whole, and only silence ends it."""

    visit: Visit
    sleep: Callable[[float], None]
    whole: bool
    since: float

    @property
    def seconds(self) -> float:
        visit = self.visit
        if visit.given_up or visit.stopped:
            return 0
        silent = visit.silence - self._silent
        return max(0.0, silent if self.whole else min(silent, visit.ends_in + visit.grace))

    def check(self, last: TransientError | None = None) -> None:
        """Raises `TenantGivenUp`, of the tenant; `Unavailable`, of the call; `OutOfTime`."""
        visit = self.visit
        visit.last = last or visit.last
        if visit.given_up:
            raise TenantGivenUp(visit.given_up)
        over = visit.stopped or (visit.ends_in <= 0 and not self.whole)
        in_vain = over and visit.heard_at < visit.began and (last is not None or visit.waiting)
        silent = self._silent
        if silent >= visit.silence or (in_vain and not visit.stopped):
            raise TenantGivenUp(visit.give_up(silent))
        if over and last:
            raise Unavailable(f"not done when the tenant's time was over; the last: {last}")
        if over:
            raise OutOfTime("the tenant's time is over; it goes on with the next sync")

    def rest(self, seconds: float, last: TransientError | None = None) -> None:
        """Without a failure before, it is for a turn of the rate limiter's: milliseconds."""
        sleep = self.sleep if last else time.sleep
        sleep(min(seconds, self.seconds))

    def heard(self) -> None:
        self.visit.heard_at, self.visit.last = self.visit.monotonic(), None

    def cut_off(self) -> bool:
        if self.seconds > 0:
            return False
        self.visit.waiting = True
        return True

    def given_up(self, last: TransientError, attempts: int, seconds: float) -> Unavailable:
        return Unavailable(f"given up after {attempts} attempts in {seconds:.0f} s; the last: {last}")

    @property
    def _silent(self) -> float:
        return self.visit.monotonic() - max(self.since, self.visit.heard_at)
