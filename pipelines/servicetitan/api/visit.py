"""A tenant's turn in one sync: how long it may be asked, and when it is given up."""

import math
import time
from collections.abc import Callable

from pipelines.servicetitan.api.errors import OutOfTime, TenantGivenUp, TransientError, Unavailable


class Visit:
    """No call begins after ``seconds``, and one that is under way ends ``grace`` later; a tenant none of whose calls
    got through for ``silence`` is given up. Threads share it; nothing in it needs a lock."""

    def __init__(
        self,
        seconds: float = math.inf,
        silence: float = math.inf,
        grace: float = 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds, self._silence, self._grace, self._monotonic = seconds, silence, grace, monotonic
        self.begin()

    def begin(self) -> None:
        self._began, self._heard_at, self._stopped = self._monotonic(), -math.inf, False
        self.given_up: str | None = None  # why
        self.waiting = False  # a call was under way when the time ended
        self.answered = False  # a call got through that was not for the token alone

    def heard(self) -> None:
        self._heard_at = self._monotonic()

    def stop(self) -> None:
        """Ends the calls that are under way."""
        self._stopped = True

    def left(self, since: float, whole: bool = False) -> float:
        """Seconds for a call that is tried ``since`` then. ``whole``: it belongs to what can only be read as a whole,
        and only silence ends it."""
        if self.given_up or self._stopped:
            return 0
        silent = self._silence - self._silent(since)
        return silent if whole else min(silent, self._ends_in + self._grace)

    def go_on(self, since: float, last: TransientError | None, whole: bool = False) -> None:
        """Before an attempt. Raises `TenantGivenUp`, of the tenant; `Unavailable`, of the call; `OutOfTime`."""
        if self.given_up:
            raise TenantGivenUp(self.given_up)
        over = self._stopped or (self._ends_in <= 0 and not whole)
        in_vain = over and self._heard_at < self._began and (last is not None or self.waiting)
        silent = self._silent(since)
        if silent >= self._silence or (in_vain and not self._stopped):
            self.given_up = f"nothing got through for {silent:.0f} s; {f'the last: {last}' if last else 'no answer'}"
            raise TenantGivenUp(self.given_up)
        if over and last:
            raise Unavailable(f"not done when the tenant's time was over; the last: {last}")
        if over:
            raise OutOfTime("the tenant's time is over; it goes on with the next sync")

    def _silent(self, since: float) -> float:
        return self._monotonic() - max(since, self._heard_at)

    @property
    def _ends_in(self) -> float:
        return self._began + self._seconds - self._monotonic()
