"""Until when somebody waits for what is asked of ServiceTitan."""

import threading
import time
from collections.abc import Callable

from pipelines.servicetitan.api.errors import ServiceTitanError, TransientError, Unavailable


class DeadlineExceeded(Unavailable):
    """Nobody waits for the answer any more; nothing was sent since."""


class Deadline:
    """Looked at before each call and in each rest between two; a call that is under way ends with it."""

    def __init__(self, seconds: float = float("inf"), monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic, self._ends_at = monotonic, monotonic() + seconds
        self._hung_up, self._lifted = threading.Event(), False

    def hang_up(self) -> None:
        """The caller is gone."""
        self._hung_up.set()

    def lift(self) -> None:
        """A write begins: all comes to its end from here on. Raises `DeadlineExceeded` where it is too late."""
        self.check()
        self._lifted = True

    @property
    def seconds(self) -> float:
        """That are left."""
        return float("inf") if self._lifted else max(0.0, self._ends_at - self._monotonic())

    def check(self, last: TransientError | None = None) -> None:  # noqa: ARG002
        """Raises `DeadlineExceeded`."""
        if self._lifted:
            return
        if self._hung_up.is_set():
            raise DeadlineExceeded("the caller has hung up")
        if not self.seconds:
            raise DeadlineExceeded("ServiceTitan did not answer in time")

    def rest(self, seconds: float, last: TransientError | None = None) -> None:
        """Raises `DeadlineExceeded`; or at once what was ``last``, where nobody waits for more."""
        if last and seconds >= self.seconds:
            raise last.error
        if self._lifted:
            time.sleep(seconds)
        else:
            self._hung_up.wait(min(seconds, self.seconds))
        self.check()

    def heard(self) -> None:
        pass

    def cut_off(self) -> bool:
        return False

    def given_up(self, last: TransientError, attempts: int, seconds: float) -> ServiceTitanError:  # noqa: ARG002
        """What a caller can act on."""
        return last.error
