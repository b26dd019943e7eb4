"""Flow Builder's endpoint as the operations file knows it: up or down, when probed next, or asking to wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.flow_builder.retry_policy import AttemptResult
from pipelines.operations import Connection, moment, stamp
from pipelines.retry_after import MAX_RETRY_AFTER

FIRST_PROBE = timedelta(seconds=30)
MAX_PROBE_INTERVAL = timedelta(minutes=5)
FARTHEST = MAX_RETRY_AFTER + timedelta(hours=1)  # nothing is put off for longer: beyond, the clock was set back

READ = "select down_since, because, refuses, probes, next_probe_at, waits_until from endpoint"

WAITS = "update endpoint set waits_until = case when waits_until > :until then waits_until else :until end"

STRANDED_ENDPOINT = """
    update endpoint set
        waits_until = case when waits_until <= :farthest then waits_until end,
        next_probe_at = case when next_probe_at <= :farthest_probe then next_probe_at end
"""

PROBE = "update endpoint set probes = probes + 1, probe_id = :attempt_id, next_probe_at = :next_probe_at"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``because``: its last answer. ``refuses``: it answers and takes nothing, so that only a 2xx brings it up."""

    down_since: datetime | None = None
    because: str | None = None
    refuses: bool = False
    probes: int = 0
    next_probe_at: datetime | None = None
    waits_until: datetime | None = None

    @classmethod
    def read(cls, con: Connection) -> "Endpoint":
        since, because, refuses, probes, probe_at, waits_until = con.execute(READ).fetchone()
        since, probe_at, waits_until = (text and moment(text) for text in (since, probe_at, waits_until))
        return cls(since, because, bool(refuses), probes, probe_at, waits_until)

    def waits(self, now: datetime) -> bool:
        return self.waits_until is not None and now < self.waits_until <= now + FARTHEST

    def rests(self, now: datetime) -> bool:
        """Nothing is sent: it asked to wait, or it is down and the time of the next probe has not come."""
        probe_at = self.next_probe_at
        return self.waits(now) or (probe_at is not None and now < probe_at <= now + MAX_PROBE_INTERVAL)

    def stays_down(self, answer: AttemptResult) -> bool:
        """The first answer below 500 that no wrong one gives brings it up; where it refuses, the first success."""
        if answer.verdict == "delivered" or self.down_since is None:
            return False
        return self.refuses or answer.verdict == "endpoint" or answer.status is None or answer.status >= 500

    def describe(self) -> str:
        """Of one that is down."""
        probe_at = f"{self.next_probe_at:%Y-%m-%d %H:%M:%S} UTC" if self.next_probe_at else "once something is due"
        answers = "it refuses every message, the last with" if self.refuses else "its last answer was"
        return f"down since {self.down_since:%Y-%m-%d %H:%M:%S} UTC: {answers} {self.because}; next probe: {probe_at}"


def next_probe(probes: int, now: datetime) -> str:
    return stamp(now + min(FIRST_PROBE * 2 ** min(probes, 9), MAX_PROBE_INTERVAL))


def begin_probe(con: Connection, attempt_id: int, now: datetime) -> None:
    """The next one is put off before this one leaves, so that no second dispatcher sends one beside it."""
    probes = Endpoint.read(con).probes + 1
    con.execute(PROBE, {"attempt_id": attempt_id, "next_probe_at": next_probe(probes, now)})
