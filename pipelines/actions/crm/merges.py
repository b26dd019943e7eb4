"""Customers that are merged in ServiceTitan: the one who was merged away is inactive, and names the survivor."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import Protocol

from pipelines.actions.context import CUSTOMERS, Resource
from pipelines.actions.crm.listings import IDS_BATCH, rows_of, utc
from pipelines.actions.web.problems import Problem
from pipelines.servicetitan.api.responses import Json

MAX_MERGES = 10  # of merges
PAGE_SIZE = 5000


class Asks(Protocol):
    """Of one tenant's ServiceTitan."""

    def get(self, resource: Resource, params: Mapping[str, str | int] | None = None) -> Json: ...


def standing(call: Asks, ids: Iterable[int]) -> list[Json]:
    """The active customers of these ids; one that was merged away stands for its survivor."""
    found = {row["id"]: row for row in survivors(call, ids).values()}
    return [row for row in found.values() if row.get("active") is not False]


def current(call: Asks, customer_id: int) -> Json:
    """The customer, or the survivor. Raises `Problem` for one who is not there, or is inactive."""
    record = survivors(call, [customer_id]).get(customer_id)
    if record is None:
        raise Problem("not_found", f"ServiceTitan has no customer {customer_id} in this tenant")
    refuse_inactive(record)
    return record


def refuse_inactive(record: Json) -> None:
    """Raises `Problem`."""
    if record.get("active") is False:
        way_out = "activate the customer in ServiceTitan, or name another one"
        wrong = f"customer {record['id']} is inactive in ServiceTitan: {way_out}; nothing was written"
        raise Problem("invalid_request", "see errors: customer_id", errors={"customer_id": [wrong]})


def survivors(call: Asks, ids: Iterable[int]) -> dict[int, Json]:
    """The record that each of these customers is now, merged or not; without those that are not there."""
    asked, records = set(ids), dict[int, Json]()
    wanted = set(asked)
    for _ in range(MAX_MERGES):
        for batch in batches(wanted):
            records |= {row["id"]: row for row in _customers(call, batch)}
        wanted = {into for row in records.values() if (into := _merged_into(row)) and into not in records}
        if not wanted:
            break
    return {one: _survivor(records, one) for one in asked if one in records}


def merged_since(call: Asks, survivor: int, since: datetime) -> set[int]:
    """Who was merged into this customer since then, also through others."""
    into = dict(_merges_since(call, since))
    found, newest = set[int](), {survivor}
    while newest := {one for one, target in into.items() if target in newest} - found:
        found |= newest
    return found - {survivor}


def _merges_since(call: Asks, since: datetime) -> Iterator[tuple[int, int]]:
    asked: dict[str, str | int] = {"active": "False", "modifiedOnOrAfter": utc(since), "pageSize": PAGE_SIZE}
    for page in count(1):
        answer = call.get(CUSTOMERS, asked | {"page": page})
        yield from ((row["id"], into) for row in rows_of(answer) if (into := _merged_into(row)))
        if not answer.get("hasMore"):
            break


def batches(ids: Iterable[int]) -> Iterator[str]:
    ordered = sorted(ids)
    for first in range(0, len(ordered), IDS_BATCH):
        yield ",".join(map(str, ordered[first : first + IDS_BATCH]))


def _survivor(records: dict[int, Json], customer_id: int) -> Json:
    """Merges may form a ring, or go on beyond what was read."""
    seen = set[int]()
    while (into := _merged_into(records[customer_id])) in records and into not in seen:
        seen.add(customer_id)
        customer_id = into
    return records[customer_id]


def _merged_into(row: Json) -> int:
    """0: into none."""
    return int(row.get("mergedToId") or 0) if row.get("active") is False else 0


def _customers(call: Asks, ids: str) -> list[Json]:
    return rows_of(call.get(CUSTOMERS, {"ids": ids, "active": "Any", "pageSize": IDS_BATCH}))
