"""What makes two deliveries of an inbound lead one: the sender's key, else the sender's id of it, else what it says."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any

from pipelines.actions.database import Row, named
from pipelines.actions.inbound_leads.forms import InboundLead, stored_lead
from pipelines.actions.web.idempotency_keys import KEY_RETENTION
from pipelines.actions.web.problems import Problem
from pipelines.operations import Connection, stamp
from pipelines.texts import with_carriage_returns

SAME_WITHIN = timedelta(hours=24)  # two leads without a key or an id and with the same content
BESIDE = {"tenant", "no_contact", "left_out"}  # the latter two stand in the summary, too
CONTENT = "="  # begins no source's name
ANYBODY = ""  # the caller of keys that were kept before callers were told apart
BY_KEY = """
select inbound_leads.*
from lead_keys inner join inbound_leads on inbound_leads.id = lead_keys.lead_id
where lead_keys.key = ? and lead_keys.caller in (?, ?) and lead_keys.taken_at >= ?
"""
BY_LEAD_KEY = "select * from inbound_leads where tenant_id = ? and lead_key in (?, ?) and received_at >= ?"
NOTE_KEY = "insert into lead_keys (caller, key, lead_id, taken_at) values (?, ?, ?, ?) on conflict do nothing"
FORGET_KEYS = "delete from lead_keys where taken_at < ?"


@dataclass(frozen=True)
class LeadArrival:
    """``sent`` is what the sender sent; ``lead`` has the source's defaults, and what identifies the person, as well.

    ``key`` is the caller's Idempotency-Key, or the id of the message that it signed; ``reaches`` are the numbers and
    addresses in it, each in its one form.
    """

    tenant_id: int
    source: str
    sent: InboundLead
    lead: InboundLead
    caller: str
    key: str | None
    is_test: bool = False
    reaches: tuple[str, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """What two deliveries under one key have in common, however they are written. Fields that a later release adds
        change nothing in it."""
        told = self.sent.model_dump(mode="json", exclude={*BESIDE, "phone", "email"}, exclude_defaults=True)
        return self._of(json.dumps(_plain(told | {"reaches": self.reaches}), sort_keys=True))

    @cached_property
    def fingerprint_before(self) -> str:
        """As it was when every space and capital counted."""
        return self._of(_content(self.sent))

    def _of(self, content: str) -> str:
        return sha256(f"{self.tenant_id}\n{self.source}\n{content}".encode()).hexdigest()

    @cached_property
    def lead_key(self) -> str:
        """Of the source's own name space; empty where only a key names the lead."""
        if self.sent.external_id:
            return f"{self.source}:{self.sent.external_id}"
        if self.key:
            return ""
        return self._by_content(self.lead.model_dump_json(exclude=BESIDE | {"follow_up_date"}))

    @cached_property
    def lead_key_before(self) -> str:
        """As 0.1.0 made it, which kept carriage returns."""
        content = self.lead.model_dump_json(exclude=BESIDE | {"follow_up_date"})
        return self._by_content(with_carriage_returns(content)) if self.lead_key.startswith(CONTENT) else self.lead_key

    def _by_content(self, content: str) -> str:
        on = self.sent.follow_up_date or ""
        return CONTENT + sha256(f"{self.source}:{content}{on}".encode()).hexdigest()

    @property
    def names(self) -> tuple[str, ...]:
        """By which it may have come before, or come again at this moment."""
        return f"leads of tenant {self.tenant_id}", f"lead key {self.caller} {self.key or ''}"

    def is_of(self, row: Row) -> bool:
        """A row of before fingerprints is compared with what is left of it."""
        if row["fingerprint"]:
            return row["fingerprint"] in (self.fingerprint, self.fingerprint_before)
        if (row["tenant_id"], row["source"]) != (self.tenant_id, self.source) or row["lead"] == "{}":
            return False
        return _content(stored_lead(row["lead"]), dated=False) == _content(self.lead, dated=False)


def taken_before(con: Connection, arrival: LeadArrival, now: datetime) -> str | None:
    """The id of the lead that this is once more. Raises `Problem` for another lead under a known name."""
    if arrival.key:
        place = (arrival.key, arrival.caller, ANYBODY, stamp(now - KEY_RETENTION))
        if found := _same(named(con.execute(BY_KEY, place)), arrival, f"the key {arrival.key!r}"):
            return found
    if not arrival.lead_key:
        return None
    names = (arrival.lead_key, arrival.lead_key_before)
    since = stamp(now - SAME_WITHIN) if arrival.lead_key.startswith(CONTENT) else ""
    rows = named(con.execute(BY_LEAD_KEY, (arrival.tenant_id, *names, since)))
    if arrival.sent.external_id:
        return _same(rows, arrival, f"the external_id {arrival.sent.external_id!r}")
    return str(rows[0]["id"]) if rows else None


def note_key(con: Connection, arrival: LeadArrival, lead_id: str, now: datetime) -> None:
    if arrival.key:
        con.execute(NOTE_KEY, (arrival.caller, arrival.key, lead_id, stamp(now)))


def _same(rows: list[Row], arrival: LeadArrival, name: str) -> str | None:
    if not rows:
        return None
    if same := next((row for row in rows if arrival.is_of(row)), None):
        return str(same["id"])
    detail = f"{name} came before, with another lead or for another tenant or source; send a new lead under a new one"
    raise Problem("key_reused", detail)


def _plain(value: Any) -> Any:
    """Without what makes no difference to a reader: spaces, capitals."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return " ".join(value.split()).casefold() if isinstance(value, str) else value


def _content(lead: InboundLead, dated: bool = True) -> str:
    exclude = BESIDE if dated else BESIDE | {"follow_up_date"}
    return lead.model_dump_json(exclude=exclude, exclude_defaults=True)
