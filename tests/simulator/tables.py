"""One resource of one tenant: its records as they are now, in the order in which they last changed."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.simulator.wire import Record

Key = Any  # an id, or (customerId, id) for contacts


@dataclass(slots=True)
class Row:
    """A record, when it last changed (ticks), and its place in the order of all changes of the tenant."""

    record: Record
    ticks: int
    position: int
    rendered: dict[tuple[str, str], bytes] = field(default_factory=dict)


def by_id(record: Record) -> Key:
    return record["id"]


def by_customer_and_id(record: Record) -> Key:
    return record["customerId"], record["id"]


class Table:
    def __init__(self, key: Callable[[Record], Key] = by_id) -> None:
        self.key = key
        self.rows: dict[Key, Row] = {}
        self._positions: list[int] = []
        self._keys: list[Key] = []

    def put(self, row: Row) -> None:
        key = self.key(row.record)
        self.rows[key] = row
        self._positions.append(row.position)
        self._keys.append(key)

    def remove(self, key: Key) -> None:
        """Gone without a trace, as a deleted contact is."""
        del self.rows[key]

    def changed_after(self, position: int) -> Iterator[Row]:
        """The rows whose last change came after the position, in the order of change."""
        for index in range(bisect_right(self._positions, position), len(self._positions)):
            row = self.rows.get(self._keys[index])
            if row is not None and row.position == self._positions[index]:
                yield row
