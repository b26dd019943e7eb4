"""The books of one tenant: its tables, its ids, and how a record comes in and changes."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import count
from typing import Any

from tests.simulator.tables import Key, Row, Table, by_customer_and_id
from tests.simulator.wire import Record, stamp, ticks_at, without_some_nulls

TABLES = (
    "customers",
    "customer_contacts",
    "locations",
    "leads",
    "bookings",
    "booking_contacts",
    "jobs",
    "appointments",
    "appointment_assignments",
    "estimates",
    "estimate_status_changes",
    "job_canceled_logs",
    "job_cancel_reasons",
    "job_types",
    "business_units",
    "campaigns",
    "call_reasons",
    "technicians",
    "tag_types",
)
Lock = AbstractContextManager[bool, None]
PARENTS = ("customerId", "jobId", "appointmentId", "estimateId", "bookingId")


class Refused(Exception):
    """A change that ServiceTitan refuses: the field and the reason."""

    def __init__(self, field: str, reason: str, status: int = 400) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason, self.status = field, reason, status


class Unknown(LookupError):
    """A record that is not there: ServiceTitan answers with 404."""


class Ledger:
    """Every change holds the lock, so that a server in another thread reads whole records."""

    def __init__(self, tenant_id: int, name: str, now: Callable[[], datetime], first_id: int, lock: Lock) -> None:
        self.tenant_id, self.name, self.now = tenant_id, name, now
        self.lock = lock
        self.tables = {table: Table() for table in TABLES}
        self.tables["customer_contacts"] = Table(by_customer_and_id)
        self.ids = count(first_id, 7)
        self._positions = count(1)
        self._children: defaultdict[tuple[str, str, int], list[Key]] = defaultdict(list)

    def new_id(self) -> int:
        return next(self.ids)

    def get(self, table: str, key: Key) -> Record:
        """The record itself, to be read only; raises `Unknown`."""
        try:
            return self.tables[table].rows[key].record
        except KeyError:
            raise Unknown(f"{table} has no record {key}") from None

    def records(self, table: str) -> list[Record]:
        return [row.record for row in self.tables[table].rows.values()]

    def children(self, table: str, parent: str, parent_id: int) -> list[Record]:
        """``children("appointments", "jobId", 7)``, oldest first."""
        rows = self.tables[table].rows
        keys = self.keys_of(table, parent, parent_id)
        return [rows[key].record for key in keys if key in rows and rows[key].record.get(parent) == parent_id]

    def keys_of(self, table: str, parent: str, parent_id: int) -> list[Key]:
        """Of all that ever belonged there, oldest first."""
        return self._children[table, parent, parent_id]

    def insert(self, table: str, record: Record) -> int:
        """Stamps createdOn and modifiedOn with now where they stand empty; gives the id."""
        with self.lock:
            digits, at, position = self._moment()
            for name in ("createdOn", "modifiedOn"):
                if name in record and record[name] is None:
                    record[name] = digits
            self._put(table, Row(without_some_nulls(record), at, position))
        return int(record["id"])

    def change(self, table: str, key: Key, **fields: Any) -> None:
        """Sets fields by their wire names and bumps modifiedOn, where the record has one."""
        with self.lock:
            digits, at, position = self._moment()
            record = {**self.get(table, key), **fields}
            if "modifiedOn" in record and "modifiedOn" not in fields:
                record["modifiedOn"] = digits
            self._put(table, Row(without_some_nulls(record), at, position))

    def remove(self, table: str, key: Key) -> None:
        with self.lock:
            self.get(table, key)
            self.tables[table].remove(key)

    def _put(self, table: str, row: Row) -> None:
        key = self.tables[table].key(row.record)
        for parent in PARENTS:
            if row.record.get(parent):
                siblings = self._children[table, parent, row.record[parent]]
                if key not in siblings:
                    siblings.append(key)
        self.tables[table].put(row)

    def _moment(self) -> tuple[str, int, int]:
        """Now as it stands on the wire and in ticks, and the next place in the order of changes.

        Most stamps of a running clock have seven digits; those of a clock at a whole second have none.
        """
        moment, position = self.now(), next(self._positions)
        seventh_digit = position % 10 if moment.microsecond else 0
        return stamp(moment, seventh_digit), ticks_at(moment) + seventh_digit, position
