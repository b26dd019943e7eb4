"""First the endpoint, then the message (delivery.md section 3): what an answer says of the endpoint."""

from datetime import datetime

from pipelines.flow_builder.failpoints import failpoint
from pipelines.flow_builder.outbox.due import DUE
from pipelines.flow_builder.outbox.endpoint import Endpoint, next_probe
from pipelines.flow_builder.retry_policy import MAX_ATTEMPTS, RETRY_SCHEDULE, STATUSES, AttemptResult
from pipelines.flow_builder.statuses import Status
from pipelines.operations import Connection, Cursor, stamp

IN_A_ROW = 3
REFUSALS = f"({', '.join(map(str, STATUSES['dead']))})"

DOWN = """
    update endpoint set down_since = :now, because = :because, refuses = :refuses, probes = 0, probe_id = null,
        next_probe_at = :next_probe_at
"""
STILL_DOWN = "update endpoint set because = :because, next_probe_at = :next_probe_at where probe_id = :attempt_id"
UP = """
    update endpoint set down_since = null, because = null, refuses = 0, probes = 0, probe_id = null,
        next_probe_at = null
"""
# Where several get through at the same time, one of them says so.
GOT_THROUGH = """
    update endpoint set got_through_at = :now
    /* postgres: where id in (select id from endpoint for update skip locked) */
"""

REFUSED_AGAIN = f"""
    select count(*) from attempts cross join endpoint
    where webhook_id = :webhook_id and http_status in {REFUSALS} and ended_at < got_through_at
"""
FAILED = "insert into endpoint_failures values (:attempt_id) on conflict do nothing"
FORGIVEN = "delete from endpoint_failures"
FAILURES = f"""
    select ifnull(http_status in {REFUSALS}, false), webhook_id
    from endpoint_failures inner join attempts using (attempt_id)
"""
ANOTHER_IS_DUE = f"select count(*) from (select webhook_id {DUE} limit 2) as two where webhook_id != :webhook_id"
ANOTHER_IS_ON_ITS_WAY = f"""
    select count(*) from deliveries
    where status = '{Status.SENDING}' and next_attempt_at > :now and webhook_id != :webhook_id
"""

# Dead by what turns out to be the endpoint's fault: what was refused is due again, and what failed too often has one
# attempt left. It stays dead where it may not be sent any more: its transition is gone, or a person has decided. No
# later one of its customer has left meanwhile (`pipelines.flow_builder.outbox.due.UNSUSPECTED`).
PUT_BACK = f"""
    update deliveries set
        status = '{Status.RETRY}',
        next_attempt_at = case when last_status in {REFUSALS} then null else :much_later end,
        attempts = case when attempts > :most then :most else attempts end
    where webhook_id in (select webhook_id from endpoint_failures inner join attempts using (attempt_id))
        and attempt_id in (select attempt_id from endpoint_failures)
        and status = '{Status.DEAD}' and reason is null and body is not null and (kind != 'changed' or stands = 1)
    returning webhook_id
"""

# Their delay may be some seconds longer.
BY_THE_FIRST_PROBE = f"""
    update deliveries set next_attempt_at = :next_probe_at
    where webhook_id in (select webhook_id from endpoint_failures inner join attempts using (attempt_id))
        and status = '{Status.RETRY}' and attempts <= 1 and next_attempt_at > :next_probe_at
"""


class EndpointHealth:
    """Each method is part of a transaction that the caller holds; the answer's outcome is written already."""

    def __init__(self, con: Connection, webhook_id: str, attempt_id: int, answer: AttemptResult, now: datetime) -> None:
        self.con = con
        self.answer = answer
        self.now = now
        self.values = {
            "webhook_id": webhook_id,
            "attempt_id": attempt_id,
            "now": stamp(now),
            "because": answer.problem,
        }

    def heed(self, asks_to_wait: bool) -> list[str]:
        """What it puts back: due again, for it was the endpoint's fault."""
        endpoint = Endpoint.read(self.con)
        if self.answer.verdict == "not begun":
            return []
        back = self.put_back() if endpoint.down_since else []
        if endpoint.stays_down(self.answer):
            self.execute(STILL_DOWN, next_probe_at=next_probe(endpoint.probes, self.now))
            return back
        if endpoint.down_since:
            self.come_up()
        if self.answer.verdict == "delivered":
            self.execute(GOT_THROUGH)
            self.execute(FORGIVEN)
        elif not asks_to_wait and self.is_endpoints_fault():
            back += self.go_down()
        return back

    def come_up(self) -> None:
        """Unless by a success, what went wrong before is not forgotten: one more failure, and it is down again."""
        self.execute(UP)
        failpoint("endpoint.up")

    def go_down(self) -> list[str]:
        refuses = self.answer.verdict != "endpoint" and (self.answer.status or 500) < 500
        self.execute(DOWN, refuses=refuses, next_probe_at=next_probe(0, self.now))
        self.execute(BY_THE_FIRST_PROBE, next_probe_at=next_probe(0, self.now))
        failpoint("endpoint.down")
        return self.put_back()

    def put_back(self) -> list[str]:
        back = self.execute(PUT_BACK, most=MAX_ATTEMPTS - 1, much_later=stamp(self.now + RETRY_SCHEDULE[-1])).fetchall()
        failpoint("endpoint.put_back")
        return [webhook_id for (webhook_id,) in back]

    def is_endpoints_fault(self) -> bool:
        """It says so; or three messages in a row are refused; or three attempts fail, of two messages or of the only
        one that there is. In a row: nothing got through between."""
        if self.answer.verdict == "endpoint":
            return True
        if self.is_refused and self.count(REFUSED_AGAIN):
            return False
        self.execute(FAILED)
        failures = self.execute(FAILURES).fetchall()
        messages = [webhook_id for is_refused, webhook_id in failures if is_refused == self.is_refused]
        if self.is_refused:
            return len(set(messages)) >= IN_A_ROW
        return len(messages) >= IN_A_ROW and (len(set(messages)) > 1 or self.is_alone())

    @property
    def is_refused(self) -> bool:
        return self.answer.verdict == "dead"

    def is_alone(self) -> bool:
        return not (self.count(ANOTHER_IS_DUE) or self.count(ANOTHER_IS_ON_ITS_WAY))

    def count(self, query: str) -> int:
        return int(self.execute(query).fetchone()[0])

    def execute(self, query: str, **more: str | int) -> Cursor:
        return self.con.execute(query, self.values | more)
