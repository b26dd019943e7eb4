"""Inbound leads on record, from their arrival to the end of their work."""

from collections import defaultdict
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from threading import Event
from typing import Any, get_args
from uuid import uuid4

import orjson

from pipelines.actions.database import ActionsDatabase, Row
from pipelines.actions.inbound_leads.forms import TakenLead, stored_lead
from pipelines.actions.inbound_leads.keys import FORGET_KEYS, LeadArrival, note_key, taken_before
from pipelines.actions.inbound_leads.statuses import (
    IS_OVER,
    NEEDS_REVIEW,
    OPEN,
    TEST,
    WAITS_FOR_A_PERSON,
    Decision,
    LeadStatus,
)
from pipelines.clock import Clock
from pipelines.operations import Connection, Place, moment, open_operations, stamp
from pipelines.operations.decisions import note

LEAD_RETENTION = timedelta(days=30)  # contact data, after the lead's end, and keys
CHOOSE = "say which customer it is, whom you create in ServiceTitan first where there is none"
UNREACHABLE = f"neither a phone number nor an e-mail address by which the person can be known: {CHOOSE}"
WAITS = (5, 30, 120, 600, 3600)  # seconds; the last one goes on for ever

INSERT = """
insert into inbound_leads (
    id, tenant_id, source, lead_key, fingerprint, lead, received_at, status, last_error, ended_at
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
OPEN_OF = f"select * from inbound_leads where status = '{OPEN}' and tenant_id = ?"
FIRST = "order by ifnull(next_try_at, ''), received_at limit 1"
FORGET = f"update inbound_leads set lead = ?, kept = null where {IS_OVER} and ended_at < ? and lead != ?"
NO_CONTENT = "{}"
DECIDE = f"""
update inbound_leads
set status = ?, customer_id = ?, location_id = ?, kept = ?, find_first = ?, decision = ?, decided_by = ?,
    decision_reason = ?, ended_at = ?, next_try_at = null, candidates = null, last_error = null
where id = ? and {WAITS_FOR_A_PERSON}
"""


@dataclass(frozen=True)
class QueuedLead:
    id: str
    tenant_id: int
    source: str
    lead: TakenLead
    status: LeadStatus
    customer_id: int | None
    location_id: int | None
    kept: tuple[str, ...] | None  # goes into the summary, too; None: nobody has looked
    lead_id: int | None
    find_first: bool
    decision: Decision | None
    tries: int


@dataclass(frozen=True)
class Decided:
    """What a person's decision makes of a lead."""

    status: LeadStatus
    decision: Decision
    by: str
    reason: str
    customer_id: int | None
    location_id: int | None
    kept: str | None
    find_first: bool


class LeadQueue:
    def __init__(self, store: ActionsDatabase, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self.news: defaultdict[int, Event] = defaultdict(Event)  # by tenant: something is open

    def receive(self, arrival: LeadArrival) -> tuple[str, bool]:
        """The lead's id here, and whether it is new: on disk before the sender hears of it. Raises `Problem`."""
        now, tenant_id, lead = self._clock(), arrival.tenant_id, arrival.lead
        names = (tenant_id, arrival.source, arrival.lead_key, arrival.fingerprint)
        status = arrived(arrival, stamp(now))
        with self._store.writing(*arrival.names) as con:
            known = taken_before(con, arrival, now)
            lead_id = known or str(uuid4())
            if known is None:
                told = lead.model_dump_json(exclude={"tenant"})
                con.execute(INSERT, (lead_id, *names, told, stamp(now), *status))
            note_key(con, arrival, lead_id, now)
        if known is None:
            self.news[tenant_id].set()
        return lead_id, known is None

    def turn(self, tenant_id: int) -> AbstractContextManager[bool]:
        """Whether the tenant's leads are worked on here, and by no other process."""
        return self._store.held(f"work on leads of tenant {tenant_id}")

    def due(self, tenant_id: int) -> QueuedLead | None:
        row = self._store.row(f"{OPEN_OF} and ifnull(next_try_at, '') <= ? {FIRST}", tenant_id, stamp(self._clock()))
        return entry(row) if row else None

    def next_try(self, tenant_id: int) -> datetime | None:
        """When a lead is due next; None: none is open."""
        row = self._store.row(f"{OPEN_OF} {FIRST}", tenant_id)
        return moment(row["next_try_at"] or stamp(self._clock())) if row else None

    def get(self, tenant_id: int, entry_id: str) -> Row | None:
        return self._store.row("select * from inbound_leads where tenant_id = ? and id = ?", tenant_id, entry_id)

    def listed(self, tenant_id: int, status: LeadStatus | None, limit: int) -> list[Row]:
        """The newest first."""
        query = "select * from inbound_leads where tenant_id = ? and ifnull(?, status) = status"
        return self._store.rows(f"{query} order by received_at desc, id limit ?", tenant_id, status, limit)

    def note(self, entry_id: str, **columns: Any) -> None:
        names = ", ".join(f"{name} = ?" for name in columns)
        self._store.write(f"update inbound_leads set {names} where id = ?", *columns.values(), entry_id)

    def end(self, entry_id: str, status: LeadStatus, error: str | None = None, **columns: Any) -> None:
        self.note(entry_id, status=status, last_error=error, ended_at=stamp(self._clock()), **columns)

    def put_off(self, known: QueuedLead, error: str) -> None:
        wait = WAITS[min(known.tries, len(WAITS) - 1)]
        due = stamp(self._clock() + timedelta(seconds=wait))
        self.note(known.id, tries=known.tries + 1, next_try_at=due, last_error=error)

    def decide(self, tenant_id: int, entry_id: str, made: Decided) -> bool:
        """False: it waits for no decision."""
        ended_at = None if made.status == OPEN else stamp(self._clock())
        place = (made.status, made.customer_id, made.location_id, made.kept, made.find_first)
        with self._store.writing() as con:
            values = (*place, made.decision, made.by, made.reason, ended_at, entry_id)
            if not con.execute(DECIDE, values).rowcount:
                return False
            about, did, now = f"lead {entry_id}", in_words(made), self._clock()
            note(con, did, reason=made.reason, by=made.by, now=now, tenant_id=tenant_id, subject=about)
        self.news[tenant_id].set()
        return True

    def forget_old(self) -> int:
        """Takes the contact data out of what ended long ago; and old keys are free again."""
        self._store.write(FORGET_KEYS, stamp(self._clock() - LEAD_RETENTION))
        return self._store.write(FORGET, NO_CONTENT, stamp(self._clock() - LEAD_RETENTION), NO_CONTENT)


def in_words(made: Decided) -> str:
    """What was done with the lead, as the decisions say it."""
    if made.decision == "customer":
        return f"given to customer {made.customer_id}"
    return {"create": "taken as a new customer's", "discard": "discarded", "retry": "tried once more"}[made.decision]


def entry(row: Row) -> QueuedLead:
    known = {field.name: row[field.name] for field in fields(QueuedLead)}
    kept = tuple(orjson.loads(row["kept"])) if row["kept"] else None
    return QueuedLead(**known | {"lead": stored_lead(row["lead"]), "kept": kept})


def arrived(arrival: LeadArrival, at: str) -> tuple[LeadStatus, str | None, str | None]:
    """Its status, why it waits for a person, and when it ended."""
    if arrival.is_test:
        return TEST, None, at
    if arrival.lead.phone or arrival.lead.email:
        return OPEN, None, None
    return NEEDS_REVIEW, UNREACHABLE, None


def waiting_leads(operations: Place) -> list[dict[str, Any]]:
    """Leads that wait for a person, without contact data: for a check beside the API. No file yet: none."""
    if not operations.exists():
        return []
    columns = "id, tenant_id, source, received_at, status, candidates"
    with open_operations(operations) as con:
        rows = con.execute(
            f"select {columns} from inbound_leads where {WAITS_FOR_A_PERSON} order by received_at"
        ).fetchall()
    return [dict(zip(columns.split(", "), row, strict=True)) for row in rows]


def leads_by_status(con: Connection) -> dict[str, int]:
    """With those statuses, too, that none has."""
    found = con.execute("select status, count(*) from inbound_leads group by status").fetchall()
    return dict.fromkeys(get_args(LeadStatus), 0) | dict(found)
