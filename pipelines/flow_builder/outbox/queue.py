"""The outbox as the dispatcher works it off: what is due, claimed under a lease, and settled."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pipelines.flow_builder.outbox.due import DUE, PROBES, UNSUSPECTED, free
from pipelines.flow_builder.outbox.endpoint import (
    FARTHEST,
    MAX_PROBE_INTERVAL,
    STRANDED_ENDPOINT,
    WAITS,
    Endpoint,
    begin_probe,
)
from pipelines.flow_builder.outbox.health import EndpointHealth
from pipelines.flow_builder.outbox.locks import TURNS, outboxes
from pipelines.flow_builder.retry_policy import MAX_ATTEMPTS, AttemptResult, Settlement
from pipelines.flow_builder.statuses import UNFINISHED, WAITING, Status
from pipelines.operations import Connection, Place, open_operations, stamp

LEASE = timedelta(seconds=30)
COUNTED_AT_MOST = 1000
LOOKED_AT_FOR_PROBE = 500  # by the time a long outage is probed again, so many may be too old

CANDIDATE = """
    select
        webhook_id,
        body,
        status,
        attempts,
        attempt_id,
        kind = 'changed' and occurred_at < :oldest and ifnull(ahead_until, '') <= :now
            and overrides != 'all' and instr(' ' || overrides || ' ', ' expired ') = 0 as is_expired
"""
IS_ANY_ON_ITS_WAY = f"select count(*) from deliveries where status = '{Status.SENDING}' and next_attempt_at > ?"

IS_STRANDED = f"""
    select count(*) from (
        select 1 from deliveries indexed by deliveries_due
        where status in {WAITING} and ifnull(next_attempt_at, '') > :farthest
        limit :limit
    ) as stranded
"""
STRANDED = f"""
    update deliveries indexed by deliveries_unfinished
    set next_attempt_at = case when status in {WAITING} then :now end
    where (status in {UNFINISHED} or next_attempt_at is not null)
        and next_attempt_at > :farthest
"""
BEGIN = "insert into attempts (webhook_id, started_at) values (?, ?) returning attempt_id"

CLAIM = f"""
    update deliveries set
        status = '{Status.SENDING}',
        attempts = attempts + :counts,
        attempt_id = :attempt_id,
        may_have_arrived = 1,
        next_attempt_at = :lease_until
    where webhook_id = :webhook_id
"""

CUT_OFF = "update attempts set error = 'cut off' where attempt_id = ? and ended_at is null"

ENDED = """
    update attempts set ended_at = :now, http_status = :http_status, error = :error, milliseconds = :milliseconds,
        answer = :answer
    where attempt_id = :attempt_id
"""

# Another may hold the delivery by now, or a person may have canceled it. Only a 2xx is then still worth writing.
SETTLE = f"""
    update deliveries set
        status = :status,
        attempts = attempts + :counted,
        next_attempt_at = case
            when attempt_id = :attempt_id then :next_attempt_at
            when status = '{Status.SENDING}' then next_attempt_at
        end,
        delivered_at = :delivered_at,
        last_status = :http_status,
        last_error = :problem,
        reason = null
    where webhook_id = :webhook_id and (
        (status = '{Status.SENDING}' and attempt_id = :attempt_id)
        or (:delivered_at is not null and status != '{Status.CANCELED}')
    )
"""

HAS_ENDED = f"""
    update deliveries set next_attempt_at = null
    where webhook_id = :webhook_id and attempt_id = :attempt_id
        and status in ('{Status.CANCELED}', '{Status.DELIVERED}')
"""

# It arrived, or nobody knows: no answer came, though there was a connection.
MAY_HAVE_ARRIVED = """(
    http_status between 200 and 299 or http_status >= 500
    or (http_status is null and (ended_at is null or error is not null) and ifnull(error, '') not like 'Connect%')
)"""
NOTE_ARRIVAL = f"""
    update deliveries set may_have_arrived = case when exists (
        select 1 from attempts where attempts.webhook_id = deliveries.webhook_id and {MAY_HAVE_ARRIVED}
    ) then 1 else 0 end
    where webhook_id = :webhook_id
"""

# What was written to follow this one is decided anew, once it is known that this told nothing.
LET_OTHERS_WAIT = f"""
    update deliveries set settles_at = :now
    where (tenant_id, customer_id) = (select tenant_id, customer_id from deliveries where webhook_id = :webhook_id)
        and sequence > (
            select sequence from deliveries
            where webhook_id = :webhook_id
                and status in ('{Status.DEAD}', '{Status.CANCELED}', '{Status.NOT_SENT}') and may_have_arrived = 0
        )
        and status in ('{Status.PENDING}', '{Status.HELD}') and attempt_id is null and settles_at is null
"""

# Whose rows a turn may write to: those that it settles, and those that it may put back.
AFFECTED = """
    select distinct tenant_id from deliveries
    where webhook_id in (select value from json_each(:ids)) or webhook_id in (
        select webhook_id from endpoint_failures inner join attempts using (attempt_id)
    )
"""
ANY_FAILURE = "select 1 from endpoint_failures limit 1"
CALM = ("delivered", "not begun")  # they say nothing against the endpoint

FINISH = "update deliveries set status = ?, reason = ?, next_attempt_at = null where webhook_id = ?"


# What its receiver may still be at work on: no answer came, though there was a connection.
WAS_CUT_OFF = """
    select count(*) from attempts
    where webhook_id = ? and attempt_id < ? and http_status is null
        and (ended_at is null or error is not null) and ifnull(error, '') not like 'Connect%'
"""


@contextmanager
def watched(place: Place) -> Iterator[Callable[[datetime], int]]:
    """How many could be sent at a moment, 1000 at most: what a sensor asks. Opening the file takes longer than that."""
    if not place.exists():
        yield lambda _now: 0
        return
    with open_operations(place) as con:
        yield lambda now: due(con, now)


def due(con: Connection, now: datetime) -> int:
    endpoint = Endpoint.read(con)
    if endpoint.rests(now):
        return 0
    values = {"now": stamp(now), "farthest": stamp(now + FARTHEST), "limit": COUNTED_AT_MOST}
    rows = PROBES if endpoint.down_since else DUE
    queries = [f"select count(*) from (select 1 {rows} limit :limit) as found", IS_STRANDED]
    return sum(int(con.execute(query, values).fetchone()[0]) for query in queries)


class DueRow(NamedTuple):
    """One delivery that is due."""

    webhook_id: str
    body: bytes
    status: str
    attempts: int
    attempt_id: int | None
    is_expired: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """One delivery that is ours until the lease ends; ``attempts`` counts this one. ``is_probe``: only its success, or
    an answer that says that the endpoint is up, makes it count in the end."""

    webhook_id: str
    body: bytes
    attempt_id: int
    attempts: int
    lease_until: datetime
    is_probe: bool = False


@dataclass(slots=True)
class Claimed:
    """``again``: those of the claims that follow an attempt that was cut off."""

    claims: list[Claim] = field(default_factory=list)
    again: int = 0
    expired: int = 0
    dead: int = 0


class Outbox:
    """Each method is part of a transaction that the caller holds."""

    def __init__(self, con: Connection, max_age: timedelta) -> None:
        self.con = con
        self.max_age = max_age
        self.mine = set[int]()  # tenants whose rows nobody else writes anew until the turn ends
        self.busy = set[int]()  # tenants whose rows somebody writes anew

    def join(self, answers: Sequence[tuple[Claim, AttemptResult]]) -> None:
        """Begins a turn. Where others take theirs at the same time: beside them while all is well, else alone."""
        if not self.con.is_shared:
            return
        self.con.lock(TURNS, shared=True)
        if not (self.is_calm() and all(answer.verdict in CALM for _, answer in answers)):
            self.con.rollback()
            self.con.begin()
            self.con.lock(TURNS)
        asked = {"ids": json.dumps([claim.webhook_id for claim, _ in answers])}
        self.mine, self.busy = {tenant_id for (tenant_id,) in self.con.execute(AFFECTED, asked)}, set()
        self.con.lock(*outboxes(self.mine), shared=True)

    def is_calm(self) -> bool:
        """Nothing is known against the endpoint."""
        return self.endpoint().down_since is None and not self.con.execute(ANY_FAILURE).fetchone()

    def endpoint(self) -> Endpoint:
        return Endpoint.read(self.con)

    def set_back(self, now: datetime) -> None:
        """Takes up what waits for a time that the clock had before it was set back."""
        values = {"now": stamp(now), "farthest": stamp(now + FARTHEST)}
        self.con.execute(STRANDED, values)
        self.con.execute(STRANDED_ENDPOINT, values | {"farthest_probe": stamp(now + MAX_PROBE_INTERVAL)})

    def claim(self, now: datetime, room: int) -> Claimed:
        """While the endpoint is down, one probe. Who waits behind what died a moment ago comes last."""
        claimed, endpoint = Claimed(), self.endpoint()
        if endpoint.rests(now):
            return claimed
        if endpoint.down_since:
            self.take_some(PROBES, now, min(room, 1), claimed, is_probe=True)
            return claimed
        self.take_some(UNSUSPECTED, now, room, claimed)
        if not self.con.execute(IS_ANY_ON_ITS_WAY, [stamp(now)]).fetchone()[0]:
            self.take_some(DUE, now, room, claimed)
        return claimed

    def take_some(self, rows: str, now: datetime, room: int, claimed: Claimed, is_probe: bool = False) -> None:
        while len(claimed.claims) < room:
            limit = LOOKED_AT_FOR_PROBE if is_probe else room - len(claimed.claims)
            candidates = self.candidates(rows, now, limit)
            for candidate in candidates:
                self.take(candidate, now, claimed, is_probe)
                if len(claimed.claims) == room:
                    return
            if not candidates:
                return

    def candidates(self, rows: str, now: datetime, limit: int) -> list[DueRow]:
        values = {"now": stamp(now), "oldest": stamp(now - self.max_age), "limit": limit}
        if self.con.is_shared:
            return self.free_candidates(rows, values)
        return [DueRow(*row) for row in self.con.execute(f"{CANDIDATE} {rows} limit :limit", values)]

    def free_candidates(self, rows: str, values: dict[str, Any]) -> list[DueRow]:
        """Looked at again where a tenant has come to be ours only after the look."""
        query = f"{CANDIDATE}, due.tenant_id {free(rows)}"
        while True:
            found = self.con.execute(query, values | {"busy": json.dumps([*self.busy])}).fetchall()
            new = sorted({row[-1] for row in found} - self.mine)
            if not new:
                return [DueRow(*row[:-1]) for row in found]
            for tenant_id in new:
                [name] = outboxes([tenant_id])
                (self.mine if self.con.try_lock(name, shared=True) else self.busy).add(tenant_id)

    def take(self, candidate: DueRow, now: datetime, claimed: Claimed, is_probe: bool) -> None:
        was_cut_off = candidate.status == Status.SENDING
        if was_cut_off:
            self.con.execute(CUT_OFF, [candidate.attempt_id])
        if candidate.is_expired:
            claimed.expired += 1
            self.finish(candidate.webhook_id, Status.NOT_SENT, "expired", now)
        elif was_cut_off and candidate.attempts >= MAX_ATTEMPTS:
            claimed.dead += 1
            self.finish(candidate.webhook_id, Status.DEAD, "cut off", now)
        else:
            claimed.again += was_cut_off
            claimed.claims.append(self.begin(candidate, now, is_probe))

    def begin(self, candidate: DueRow, now: datetime, is_probe: bool) -> Claim:
        ((attempt_id,),) = self.con.execute(BEGIN, [candidate.webhook_id, stamp(now)]).fetchall()
        lease_until = now + LEASE
        values = {
            "webhook_id": candidate.webhook_id,
            "attempt_id": attempt_id,
            "counts": not is_probe,
            "lease_until": stamp(lease_until),
        }
        self.con.execute(CLAIM, values)
        if is_probe:
            begin_probe(self.con, attempt_id, now)
        return Claim(candidate.webhook_id, candidate.body, attempt_id, candidate.attempts + 1, lease_until, is_probe)

    def finish(self, webhook_id: str, status: Status, reason: str, now: datetime) -> None:
        self.con.execute(FINISH, [status, reason, webhook_id])
        let_others_wait(self.con, webhook_id, now)

    def was_cut_off(self, claim: Claim) -> bool:
        """An earlier attempt."""
        return bool(self.con.execute(WAS_CUT_OFF, [claim.webhook_id, claim.attempt_id]).fetchone()[0])

    def settle(self, claim: Claim, answer: AttemptResult, outcome: Settlement, now: datetime) -> list[str]:
        """Which deliveries it made due again: it was the endpoint's fault, and not theirs."""
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
            "counted": outcome.counts - (not claim.is_probe),
            "next_attempt_at": outcome.next_attempt_at and stamp(outcome.next_attempt_at),
            "delivered_at": stamp(now) if outcome.status == Status.DELIVERED else None,
        }
        self.con.execute(ENDED, values)
        self.con.execute(SETTLE, values)
        self.con.execute(HAS_ENDED, values)
        self.con.execute(NOTE_ARRIVAL, values)
        let_others_wait(self.con, claim.webhook_id, now)
        if outcome.waits_until:
            self.con.execute(WAITS, {"until": stamp(outcome.waits_until)})
        health = EndpointHealth(self.con, claim.webhook_id, claim.attempt_id, answer, now)
        return health.heed(asks_to_wait=outcome.waits_until is not None)


def let_others_wait(con: Connection, webhook_id: str, now: datetime) -> None:
    """Where it has ended and told nothing, what comes after it of its customer waits until a sync has decided anew."""
    con.execute(LET_OTHERS_WAIT, {"webhook_id": webhook_id, "now": stamp(now)})
