"""The flows' clock, which can be hurried; ServiceTitan's customers and the gate live on in today."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from tests.simulator.clock import OffsetClock
from tests.simulator.flow_builder.flows import Data, Gate, day_of
from tests.simulator.flow_builder.mails import Flow

DAY = timedelta(days=1)
VISITS = {str(flow) for flow in Flow if flow.is_of_a_visit}


class FlowClock(OffsetClock):
    """``started``: by a run's transition, how far ahead the clock was when the run began."""

    def __init__(self) -> None:
        super().__init__()
        self._started: dict[str, timedelta] = {}
        self._hurrying = Lock()

    @property
    def days_ahead(self) -> int:
        return round(self.offset / DAY)

    def begins(self, transition_id: str) -> None:
        self._started[transition_id] = self.offset

    def skipped(self, transition_id: str) -> timedelta:
        """What was hurried while the run was on: days that its customer has not lived."""
        return self.offset - self._started.get(transition_id, self.offset)

    def hurry(self, days: int, next_at: Callable[[], datetime | None], collect: Callable[[datetime], object]) -> None:
        """Stops at each mail on the way, so that each is judged at its own moment."""
        with self._hurrying:
            ahead = self.offset + days * DAY
            while (at := next_at()) and at - self() <= ahead - self.offset:
                self.offset = max(self.offset, min(ahead, self.offset + (at - self())))
                collect(self())
            self.offset = ahead


def as_of(clock: FlowClock, gate: Gate) -> Gate:
    """The gate knows nothing of days that were skipped, and each answer says how many (``days_skipped``). What a flow
    can see by its own clock ends it all the same: a visit that is over by then (``by_flow_clock``)."""

    def ask(transition_id: str) -> Data | None:
        answer, skipped = gate(transition_id), clock.skipped(transition_id)
        if not answer or not skipped:
            return answer
        answer = {**answer, "days_skipped": round(skipped / DAY)}
        if not answer["may_send"] or not is_over(answer["data"], clock() - clock.offset + skipped):
            return answer
        return {**answer, "may_send": False, "reasons": ["past"], "by_flow_clock": True}

    return ask


def is_over(data: Data, moment: datetime) -> bool:
    day = day_of(data) if data["flow_name"] in VISITS else None
    return day is not None and day.end <= moment
