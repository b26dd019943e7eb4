"""The outbox as the dispatcher works it off: what is due, claimed under a lease, and settled."""

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from pipelines.flow_builder.outcome import ENDPOINT_DELAY, LONGEST_WAIT, MOST_ATTEMPTS, Answer, Outcome
from pipelines.operations import moment, open_operations, stamp

LEASE = timedelta(seconds=30)
COUNTED_AT_MOST = 1000
FARTHEST = LONGEST_WAIT + timedelta(hours=1)  # nothing is put off for longer: beyond, the clock was set back

# Per customer first in, first out: an earlier one that is not finished comes first, and one that was canceled while on
# its way may still arrive until its lease is over. In the words of the indexes; left to itself, SQLite takes the index
# on the status, and sorts all that is due at every turn.
DUE = """
    from deliveries as due indexed by deliveries_due
    where status in ('pending', 'sending', 'retry')
        and ifnull(next_attempt_at, '') <= :now
        and not exists (
            select 1 from deliveries as earlier
            where earlier.tenant_id = due.tenant_id
                and earlier.customer_id = due.customer_id
                and earlier.sequence < due.sequence
                and (earlier.status in ('pending', 'sending', 'retry', 'held') or earlier.next_attempt_at is not null)
                and (earlier.status in ('pending', 'sending', 'retry', 'held') or earlier.next_attempt_at > :now)
        )
    order by ifnull(next_attempt_at, ''), sequence
"""

CANDIDATES = f"""
    select
        webhook_id,
        body,
        status,
        attempts,
        attempt_id,
        kind = 'changed' and not replayed and occurred_at < :oldest as is_expired
    {DUE} limit :limit
"""

IS_STRANDED = """
    select count(*) from (
        select 1 from deliveries indexed by deliveries_due
        where status in ('pending', 'sending', 'retry') and ifnull(next_attempt_at, '') > :farthest
        limit :limit
    )
"""
STRANDED = """
    update deliveries indexed by deliveries_unfinished
    set next_attempt_at = case when status in ('pending', 'sending', 'retry') then :now end
    where (status in ('pending', 'sending', 'retry', 'held') or next_attempt_at is not null)
        and next_attempt_at > :farthest
"""
STRANDED_ENDPOINT = "update endpoint set waits_until = null where waits_until > :farthest"

BEGIN = "insert into attempts (webhook_id, started_at) values (?, ?)"

CLAIM = """
    update deliveries set status = 'sending', attempts = attempts + 1, attempt_id = ?, next_attempt_at = ?
    where webhook_id = ?
"""

CUT_OFF = "update attempts set error = 'cut off' where attempt_id = ? and ended_at is null"

ENDED = """
    update attempts set ended_at = :now, http_status = :http_status, error = :error, milliseconds = :milliseconds,
        answer = :answer
    where attempt_id = :attempt_id
"""

# Another may hold the delivery by now, or a person may have canceled it. Only a 2xx is then still worth writing.
SETTLE = """
    update deliveries set
        status = :status,
        attempts = attempts - :uncounted,
        next_attempt_at = case
            when attempt_id = :attempt_id then :next_attempt_at
            when status = 'sending' then next_attempt_at
        end,
        delivered_at = :delivered_at,
        last_status = :http_status,
        last_error = :problem,
        reason = null
    where webhook_id = :webhook_id and (
        (status = 'sending' and attempt_id = :attempt_id) or (:delivered_at is not null and status != 'canceled')
    )
"""

HAS_ENDED = """
    update deliveries set next_attempt_at = null
    where webhook_id = :webhook_id and status in ('canceled', 'delivered') and attempt_id = :attempt_id
"""

FINISH = "update deliveries set status = ?, reason = ?, next_attempt_at = null where webhook_id = ?"


STOPPED = """
    update endpoint set stopped_at = ifnull(stopped_at, :now), stopped_status = :http_status, tried_at = :now
"""

GOES_ON = """
    update endpoint set stopped_at = null, stopped_status = null, tried_at = null where stopped_at is not null
"""

WAITS = "update endpoint set waits_until = max(ifnull(waits_until, ''), :waits_until)"


def due(path: Path, now: datetime) -> int:
    """How many could be sent now, 1000 at most: what a sensor asks, at the cost of opening the file."""
    if not path.exists():
        return 0
    with open_operations(path) as con:
        if Endpoint.read(con).rests(now):
            return 0
        values = {"now": stamp(now), "farthest": stamp(now + FARTHEST), "limit": COUNTED_AT_MOST}
        queries = [f"select count(*) from (select 1 {DUE} limit :limit)", IS_STRANDED]
        return sum(int(con.execute(query, values).fetchone()[0]) for query in queries)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``stopped_at``: since when it answers as a wrong address does."""

    stopped_at: datetime | None
    stopped_status: int | None
    tried_at: datetime | None
    waits_until: datetime | None

    @classmethod
    def read(cls, con: sqlite3.Connection) -> "Endpoint":
        row = con.execute("select stopped_at, stopped_status, tried_at, waits_until from endpoint").fetchone()
        stopped_at, tried_at, waits_until = (text and moment(text) for text in (row[0], row[2], row[3]))
        return cls(stopped_at, row[1], tried_at, waits_until)

    def waits(self, now: datetime) -> bool:
        return self.waits_until is not None and now < self.waits_until <= now + FARTHEST

    def rests(self, now: datetime) -> bool:
        """No run need be started: it asked to wait, or was a wrong address a moment ago."""
        return self.waits(now) or (self.tried_at is not None and self.tried_at <= now < self.tried_at + ENDPOINT_DELAY)


class Candidate(NamedTuple):
    """One delivery that is due."""

    webhook_id: str
    body: bytes
    status: str
    attempts: int
    attempt_id: int | None
    is_expired: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """One delivery that is ours until the lease ends; ``attempts`` counts this one."""

    webhook_id: str
    body: bytes
    attempt_id: int
    attempts: int
    lease_until: datetime


@dataclass(slots=True)
class Claimed:
    """``again``: those of the claims that follow an attempt that was cut off."""

    claims: list[Claim] = field(default_factory=list)
    again: int = 0
    expired: int = 0
    dead: int = 0


class Outbox:
    """Each method is part of a transaction that the caller holds."""

    def __init__(self, con: sqlite3.Connection, max_age: timedelta) -> None:
        self.con = con
        self.max_age = max_age

    def endpoint(self) -> Endpoint:
        return Endpoint.read(self.con)

    def set_back(self, now: datetime) -> None:
        """Takes up what waits for a time that the clock had before it was set back."""
        values = {"now": stamp(now), "farthest": stamp(now + FARTHEST)}
        self.con.execute(STRANDED, values)
        self.con.execute(STRANDED_ENDPOINT, values)

    def claim(self, now: datetime, limit: int) -> Claimed:
        claimed = Claimed()
        if self.endpoint().waits(now):
            return claimed
        while len(claimed.claims) < limit and (candidates := self.candidates(now, limit - len(claimed.claims))):
            for candidate in candidates:
                self.take(candidate, now, claimed)
        return claimed

    def candidates(self, now: datetime, limit: int) -> list[Candidate]:
        values = {"now": stamp(now), "oldest": stamp(now - self.max_age), "limit": limit}
        return [Candidate(*row) for row in self.con.execute(CANDIDATES, values)]

    def take(self, candidate: Candidate, now: datetime, claimed: Claimed) -> None:
        was_cut_off = candidate.status == "sending"
        if was_cut_off:
            self.con.execute(CUT_OFF, [candidate.attempt_id])
        if candidate.is_expired:
            claimed.expired += 1
            self.finish(candidate.webhook_id, "not_sent", "expired")
        elif was_cut_off and candidate.attempts >= MOST_ATTEMPTS:
            claimed.dead += 1
            self.finish(candidate.webhook_id, "dead", "cut off")
        else:
            claimed.again += was_cut_off
            claimed.claims.append(self.begin(candidate, now))

    def begin(self, candidate: Candidate, now: datetime) -> Claim:
        attempt_id = self.con.execute(BEGIN, [candidate.webhook_id, stamp(now)]).lastrowid or 0
        lease_until = now + LEASE
        self.con.execute(CLAIM, [attempt_id, stamp(lease_until), candidate.webhook_id])
        return Claim(candidate.webhook_id, candidate.body, attempt_id, candidate.attempts + 1, lease_until)

    def finish(self, webhook_id: str, status: str, reason: str) -> None:
        self.con.execute(FINISH, [status, reason, webhook_id])

    def settle(self, claim: Claim, answer: Answer, outcome: Outcome, now: datetime) -> None:
        values = {
            "webhook_id": claim.webhook_id,
            "attempt_id": claim.attempt_id,
            "now": stamp(now),
            "http_status": answer.status,
            "error": answer.error,
            "problem": answer.problem,
            "milliseconds": answer.milliseconds,
            "answer": answer.text,
            "status": outcome.status,
            "uncounted": not outcome.counts,
            "next_attempt_at": outcome.next_attempt_at and stamp(outcome.next_attempt_at),
            "delivered_at": stamp(now) if outcome.status == "delivered" else None,
            "waits_until": outcome.waits_until and stamp(outcome.waits_until),
        }
        self.con.execute(ENDED, values)
        self.con.execute(SETTLE, values)
        self.con.execute(HAS_ENDED, values)
        if outcome.status == "delivered":
            self.con.execute(GOES_ON)
        if outcome.stops:
            self.con.execute(STOPPED, values)
        if outcome.waits_until:
            self.con.execute(WAITS, values)
