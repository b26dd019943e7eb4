"""What ServiceTitan sends that `streams` does not know: new fields, and new values of what is an enumeration."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from pipelines.servicetitan.streams import STREAMS, Stream, snake_case
from pipelines.warehouse import open_warehouse

FIELDS = """
select field, count(*) from (
    select unnest(json_keys(record)) as field from servicetitan.{table} where list_contains(?, _dlt_load_id)
) where not list_contains(?, field) group by field order by field
"""
VALUES = """
select value, count(*) from (
    select {value} as value from servicetitan.{table} where list_contains(?, _dlt_load_id)
) where not list_contains(?, value) group by value order by value
"""


@dataclass(frozen=True)
class Drift:
    """``value`` is None where the field itself is new; both are names of ServiceTitan's, never a customer's data."""

    stream: str
    field: str
    value: str | None
    records: int

    def __str__(self) -> str:
        return f"{self.stream}: {self.said}"

    @property
    def said(self) -> str:
        what = f"field {self.field}" if self.value is None else f"value {self.value!r} of {self.field}"
        return f"new {what}, in {self.records} records"


def find_drift(warehouse: Path, load_ids: Sequence[str]) -> list[Drift]:
    """In the rows that these loads wrote. New fields are kept in ``record`` meanwhile; nothing is lost."""
    if not load_ids:
        return []
    with open_warehouse(warehouse, read_only=True) as connection:
        return [drift for stream in STREAMS for drift in _drift(connection, stream, list(load_ids))]


def _drift(connection: duckdb.DuckDBPyConnection, stream: Stream, load_ids: list[str]) -> Iterator[Drift]:
    known = list(stream.fields)
    for name, records in connection.execute(FIELDS.format(table=stream.name), [load_ids, known]).fetchall():
        yield Drift(stream.name, name, None, records)
    for name, values in stream.enumerations.items():
        query = VALUES.format(table=stream.name, value=expression(name))
        for value, records in connection.execute(query, [load_ids, values.split()]).fetchall():
            yield Drift(stream.name, name, value, records)


def drift_of(stream: Stream, records: Iterable[msgspec.Raw]) -> list[Drift]:
    """In records as they were received; one that cannot be read is another's trouble."""
    found: Counter[tuple[str, str | None]] = Counter()
    for raw in records:
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            record = msgspec.json.decode(raw, type=dict[str, Any])
            found.update((name, None) for name in record.keys() - stream.fields.keys())
            found.update(_values(stream, record))
    return [Drift(stream.name, *what, count) for what, count in sorted(found.items(), key=str)]


def _values(stream: Stream, record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, known in stream.enumerations.items():
        column, _, part = name.partition(".")
        value = record.get(column)
        value = value.get(part) if part and isinstance(value, dict) else value
        if isinstance(value, str) and value not in known.split():
            yield name, value


def expression(name: str) -> str:
    """``jobStatus`` is a column; ``status.name`` is a part of one."""
    column, _, part = name.partition(".")
    return f"{snake_case(column)} ->> '{part}'" if part else snake_case(column)
