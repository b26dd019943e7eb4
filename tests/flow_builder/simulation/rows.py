"""The outbox's rows, as far as section 2 of delivery.md speaks of them."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from pipelines.flow_builder.delivery import Key
from pipelines.operations import Connection

ON_ITS_WAY = ("pending", "sending", "retry", "held")
WAITS = ("pending", "held")
PERSON = "operator"  # canceled by one

ARRIVED = """
    exists (
        select 1 from attempts
        where attempts.webhook_id = deliveries.webhook_id and (
            http_status >= 500 or http_status between 200 and 299
            or (http_status is null and (ended_at is null or error is not null)
                and ifnull(error, '') not like 'Connect%')
        )
    )
"""
# How the columns are called here.
COLUMNS = {
    name: name
    for name in (
        *(
            "sequence",
            "webhook_id",
            "kind",
            "transition_id",
            "tenant_id",
            "customer_id",
            "job_id",
            "flow_name",
            "status",
            "reason",
        ),
        *("ends", "suppressed", "appointment", "was_ahead", "flow_until", "settles_at", "follows", "occurred_at"),
        *("created_at", "batch", "overrides", "body"),
    )
} | {"state": "told_state", "begun": "attempt_id is not null", "may_have_arrived": ARRIVED}
QUERY = f"select {', '.join(COLUMNS.values())} from deliveries order by sequence"


class Named(NamedTuple):
    """An appointment as a body names it."""

    id: int
    start: datetime
    end: datetime
    window_start: datetime | None = None
    window_end: datetime | None = None


@dataclass(frozen=True)
class Row:
    """One delivery. ``may_have_arrived``: an attempt of it arrived or may have. ``reason``: where the document leaves
    it open, all that it may be, with bars between."""

    webhook_id: str
    kind: str
    transition_id: str | None
    tenant_id: int
    customer_id: int
    job_id: int | None = None
    state: float | None = None
    flow_name: str | None = None
    status: str = "pending"
    reason: str | None = None
    begun: bool = False
    may_have_arrived: bool = False
    ends: frozenset[str] = frozenset()
    suppressed: str | None = None
    appointment: Named | None = None
    was_ahead: bool = False
    flow_until: datetime | None = None
    settles_at: datetime | None = None
    follows: str | None = None
    occurred_at: datetime | None = None
    created_at: datetime | None = None
    batch: str | None = None
    overrides: str = ""
    superseded: bool = False
    sequence: int = 0  # 0: it is new

    @property
    def key(self) -> Key:
        return Key(self.tenant_id, self.customer_id)

    @property
    def is_on_its_way(self) -> bool:
        return self.status in ON_ITS_WAY

    @property
    def waits(self) -> bool:
        """No attempt of it has begun, and one may."""
        return self.status in WAITS and not self.begun

    @property
    def told(self) -> bool:
        """A state."""
        return self.kind != "moved" and (self.is_on_its_way or self.status == "delivered" or self.may_have_arrived)

    @property
    def was_withdrawn(self) -> bool:
        """By a sync, before any attempt."""
        return self.status == "canceled" and not self.begun and self.reason != PERSON

    @property
    def is_of_a_batch(self) -> bool:
        return self.batch is not None

    @property
    def is_again(self) -> bool:
        return self.kind == "changed" and self.webhook_id != self.transition_id


def read_rows(con: Connection) -> list[Row]:
    """In the order in which they leave."""
    return [row(values) for values in con.execute(QUERY)]


@lru_cache(maxsize=4096)
def row(values: tuple[Any, ...]) -> Row:
    given = dict(zip(COLUMNS, values, strict=True))
    said = saying(given.pop("body"))
    given |= {name: bool(given[name]) for name in ("begun", "may_have_arrived", "was_ahead")}
    given |= {name: when(given[name]) for name in ("flow_until", "settles_at", "created_at")}
    occurred_at = when(said.get("occurred_at") or given["occurred_at"])
    ends, appointment = frozenset(json.loads(given["ends"])), named(given["appointment"])
    superseded = bool(said.get("superseded"))
    return Row(
        **given | {"ends": ends, "appointment": appointment, "occurred_at": occurred_at, "superseded": superseded}
    )


@lru_cache(maxsize=4096)
def saying(body: bytes | None) -> dict[str, Any]:
    """A body's data."""
    return dict(orjson.loads(body)["data"]) if body else {}


@lru_cache(maxsize=4096)
def named(text: str | None) -> Named | None:
    if text is None or (told := json.loads(text)) is None:
        return None
    names = ("start", "end", "arrival_window_start", "arrival_window_end")
    start, end, *window = (when(told[name]) for name in names)
    assert start
    assert end
    return Named(told["id"], start, end, *window)


@lru_cache(maxsize=4096)
def when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
