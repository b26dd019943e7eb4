"""The records of one company as they stand, or stood, at a moment: what a judge may read."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

from tests.simulator.tables import Key, Row
from tests.simulator.wire import EPOCH, Record, ticks
from tests.simulator.world import Company

Rows = Mapping[str, Mapping[Key, Row]]
ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(\.[\w-]+)+", re.ASCII)
UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e"))


class Books:
    """``rows`` of now, or a copy of then: a record is never changed, but replaced."""

    def __init__(self, company: Company, rows: Rows | None = None) -> None:
        self.company = company
        self.rows = rows or {name: table.rows for name, table in company.tables.items()}

    def as_they_stand(self) -> "Books":
        return Books(self.company, {name: dict(rows) for name, rows in self.rows.items()})

    def find(self, table: str, key: Key) -> Record | None:
        row = self.rows[table].get(key)
        return row.record if row else None

    def children(self, table: str, parent: str, parent_id: int) -> Iterator[Record]:
        for key in self.company.keys_of(table, parent, parent_id):
            record = self.find(table, key)
            if record and record.get(parent) == parent_id:
                yield record

    # people

    def survivor(self, customer_id: int) -> int:
        customer = self.find("customers", customer_id)
        into = customer.get("mergedToId") if customer else None
        return self.survivor(into) if into else customer_id

    @cached_property
    def _households(self) -> Mapping[int, list[int]]:
        found: dict[int, list[int]] = {}
        for customer_id, row in self.rows["customers"].items():
            if row.record.get("mergedToId"):
                found.setdefault(self.survivor(customer_id), []).append(customer_id)
        return found

    def household(self, customer_id: int) -> list[int]:
        """The customer at the end of the merges, and who was merged into it."""
        survivor = self.survivor(customer_id)
        return [survivor, *self._households.get(survivor, ())]

    def addresses(self, customer_id: int) -> list[tuple[str, bool]]:
        """What can be read, the newest first, in lower case; and whether its owner has opted out."""
        contacts = [one for one in self.children("customer_contacts", "customerId", customer_id) if is_active(one)]
        emails = [one for one in contacts if one["type"] == "Email"]
        emails.sort(key=lambda one: (moment(one, "modifiedOn") or EPOCH, one["id"]), reverse=True)
        read = ((readable(str(one["value"])), one) for one in emails)
        return [(address, not one["preferences"]["marketingUpdatesEnabled"]) for address, one in read if address]

    # what they ordered

    def of_household(self, table: str, customer_id: int) -> list[Record]:
        owners = self.household(customer_id)
        return [one for owner in owners for one in self.children(table, "customerId", owner) if is_active(one)]

    def jobs(self, customer_id: int, kind: str) -> list[Record]:
        return [job for job in self.of_household("jobs", customer_id) if self.kind(job) == kind]

    def kind(self, job: Record) -> str:
        """What a reader of its type's name takes it for; a call-back is neither a sale nor an install."""
        if job.get("recallForId") or job.get("warrantyId"):
            return "other"
        kinds = self.company.kinds
        return next(kind for kind, types in kinds.items() if job["jobTypeId"] in types)

    def appointments(self, job: Record) -> list[Record]:
        """The active ones, canceled or not."""
        return [one for one in self.children("appointments", "jobId", job["id"]) if is_active(one)]

    def ahead(self, job: Record, at: datetime) -> list[Record]:
        """Those that are still to end, of a job that is on."""
        if job["jobStatus"] in ("Canceled", "Completed"):
            return []
        visits = [one for one in self.appointments(job) if one["status"] not in ("Canceled", "Done")]
        return [one for one in visits if needed(one, "end") > at]

    def cancellations(self, job: Record) -> list[Record]:
        return sorted(self.children("job_canceled_logs", "jobId", job["id"]), key=lambda one: needed(one, "createdOn"))

    def reason(self, entry: Record) -> str:
        reason = self.find("job_cancel_reasons", entry["reasonId"])
        return str(reason["name"]) if reason else ""


def is_active(record: Record) -> bool:
    return record.get("active") is not False


def needed(record: Record, field: str) -> datetime:
    found = moment(record, field)
    assert found is not None, (field, record)
    return found


def moment(record: Record, field: str) -> datetime | None:
    text = record.get(field)
    return _moment(text) if text else None


@lru_cache(maxsize=1 << 18)
def _moment(text: str) -> datetime:
    return EPOCH + timedelta(microseconds=ticks(text) // 10)


def readable(typed: str) -> str | None:
    """The first address in what was typed, in lower case."""
    found = ADDRESS.search(typed.translate(UNSEEN))
    return found.group().lower() if found else None
