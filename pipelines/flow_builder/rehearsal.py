"""What an outbox of a rehearsal comes to: everything that is due arrives at once, and nothing leaves this machine."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from pipelines.flow_builder.outbox.queue import Outbox
from pipelines.flow_builder.retry_policy import AttemptResult, Settlement
from pipelines.flow_builder.statuses import Status
from pipelines.flow_builder.visits import Appointment
from pipelines.operations import Place, moment, open_operations, transaction

AT_ONCE = 500
TAKEN = AttemptResult(status=200)
DELIVERED = Settlement(Status.DELIVERED)
WAITING = "waiting"  # until things have settled, when the rehearsal ends

ROWS = """
    select webhook_id, customer_id, job_id, told_state, flow_name, occurred_at, delivered_at, appointment, status,
        suppressed, reason
    from deliveries where kind = 'changed' order by sequence
"""


class Mail(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message whose state has a flow. ``withheld``: why it starts none; ``told_at``: when it left."""

    id: str
    flow: str
    state: float
    customer_id: int
    occurred_at: datetime
    told_at: datetime | None = None
    job_id: int | None = None
    appointment_id: int | None = None
    appointment_start: datetime | None = None
    withheld: str | None = None


def receive_all(operations: Place, now: datetime, max_age: timedelta) -> int:
    """As if Flow Builder had taken all that is due now; gives how many flows it started."""
    started = "select count(*) from deliveries where status = 'delivered' and flow_name is not null"
    with open_operations(operations) as con:
        outbox, left = Outbox(con, max_age), True
        while left:
            with transaction(con):
                claims = outbox.claim(now, AT_ONCE).claims
                for claim in claims:
                    outbox.settle(claim, TAKEN, DELIVERED, now)
                left = bool(claims)
        return int(con.execute(started).fetchone()[0])


def mails(operations: Place, flows: Mapping[float, str | None]) -> Iterator[Mail]:
    """In the order in which they left; ``flows``: by state."""
    with open_operations(operations) as con:
        for row in con.execute(ROWS):
            webhook_id, customer_id, job_id, state, flow_name, occurred_at, at, named, status, *why = row
            flow = flow_name or flows.get(state)
            if flow is None:
                continue
            visit = msgspec.json.decode(named, type=Appointment) if named else None
            yield Mail(
                id=webhook_id,
                flow=flow,
                state=state,
                customer_id=customer_id,
                occurred_at=moment(occurred_at),
                told_at=moment(at) if at else None,
                job_id=job_id,
                appointment_id=visit.id if visit else None,
                appointment_start=visit.start if visit else None,
                withheld=withheld(flow_name, status, *why),
            )


def withheld(flow_name: str | None, status: str, suppressed: str | None, reason: str | None) -> str | None:
    """None: its flow has started."""
    if status == Status.DELIVERED:
        return None if flow_name else suppressed or "superseded"
    return reason or suppressed or (WAITING if flow_name else "superseded")
