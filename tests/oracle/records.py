"""Rows of one tenant's raw tables, and how their values are read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Row = Mapping[str, Any]
Records = Mapping[str, Sequence[Row]]  # of one tenant, by stream

NO_DATE_BEFORE = datetime(1900, 1, 1, tzinfo=UTC)


def moment(value: datetime | None) -> datetime | None:
    """A null, or a date before 1900, is no date."""
    return value if value is not None and value >= NO_DATE_BEFORE else None


def is_active(row: Row) -> bool:
    """Only ``active = false`` is inactive."""
    return row.get("active") is not False


def by(name: str, rows: Iterable[Row]) -> Mapping[Any, list[Row]]:
    """The rows that have one value there, for every value."""
    grouped: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.get(name)].append(row)
    return grouped
