"""The slow and exact way: record by record, for a page that holds something odd."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from typing import Any

import msgspec
import pyarrow as pa

from pipelines.servicetitan.extract.nested import read_nested
from pipelines.servicetitan.extract.pieces import value_of
from pipelines.servicetitan.raw_tables import arrow_schema
from pipelines.servicetitan.streams import DataType, Stream, snake_case

STAMP = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?")


class InvalidValue(ValueError):
    pass


class Unreadable(InvalidValue):
    """It is no JSON, or none that everybody can read."""


@dataclass(frozen=True)
class RejectedRecord:
    """A record that breaks its schema, or cannot be read; the reason names the field and never shows a value."""

    reason: str
    raw: bytes
    readable: bool

    @property
    def id(self) -> str | None:
        return self.value_of("id")

    @property
    def record(self) -> str:
        """JSON; of what is none, a JSON text."""
        text = self.raw.decode(errors="backslashreplace")
        return text if self.readable else json.dumps(text)

    def value_of(self, field: str) -> str | None:
        return value_of(self.raw, field)


def parse_slowly(
    stream: Stream, records: list[msgspec.Raw]
) -> tuple[dict[str, pa.Array], list[msgspec.Raw], list[RejectedRecord]]:
    """The columns that are not nested, the records that they stand for, and the others."""
    rows, fitting, rejected = [], [], []
    for raw in records:
        try:
            rows.append(read_record(stream, raw))
            fitting.append(raw)
        except InvalidValue as misfit:
            rejected.append(RejectedRecord(str(misfit), bytes(raw), not isinstance(misfit, Unreadable)))
    columns = {snake_case(name): kind for name, kind in stream.plain_fields.items()}
    table = pa.Table.from_pylist(rows, arrow_schema(columns))
    return {name: table[name].combine_chunks() for name in columns}, fitting, rejected


def read_record(stream: Stream, raw: msgspec.Raw) -> dict[str, Any]:
    record = parsed(stream, raw)
    if not isinstance(record, dict):
        raise InvalidValue(f"the record is {kind_of(record)}; expected an object")
    row = {}
    for name, kind in stream.plain_fields.items():
        row[snake_case(name)] = value = read_value(name, record.get(name), kind)
        if value is None and snake_case(name) in stream.key:
            raise InvalidValue(f"{name}: missing; it is part of the key")
    return row


def parsed(stream: Stream, raw: msgspec.Raw) -> Any:
    """Raises `Unreadable` for what any reader of the page would stop at."""
    try:
        text = bytes(raw).decode()
        msgspec.json.decode(raw, type=msgspec.Raw)
        with suppress(msgspec.ValidationError):
            read_nested(stream, [raw])
        return json.loads(text, parse_int=Decimal, parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise Unreadable(f"the record is not UTF-8 (byte {error.start})") from None
    except RecursionError:
        raise Unreadable("the record is nested too deeply") from None
    except InvalidOperation:
        raise Unreadable("a number in the record is out of every range") from None
    except ValueError as error:
        raise Unreadable(f"the record is no JSON: {str(error).removeprefix('JSON is malformed: ')}") from None


def read_value(name: str, value: Any, kind: DataType) -> Any:
    if value is None:
        return None
    try:
        return READERS[kind](value)
    except (ValueError, TypeError, InvalidOperation, OverflowError):
        raise InvalidValue(f"{name}: found {kind_of(value)}; expected {kind}") from None


def read_integer(value: Any) -> int:
    if not isinstance(value, Decimal):
        raise TypeError
    if not -(2**63) <= value < 2**63:  # before `int`, which would write out all digits of 1e999999999
        raise OverflowError
    if value != int(value):
        raise TypeError
    return int(value)


def read_exactly(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError
        return value

    return read


def read_decimal(value: Any) -> Decimal:
    """Numbers, and numbers in quotes; digits beyond the ninth are rounded half to even."""
    if not isinstance(value, Decimal | str):
        raise TypeError
    number = Decimal(value)
    if not number.is_finite() or number.adjusted() >= 29:
        raise OverflowError
    with localcontext(prec=60):
        return number.quantize(Decimal("1e-9"), ROUND_HALF_EVEN)


def read_timestamp(value: Any) -> datetime | None:
    """ISO 8601 of any precision; without a zone it is UTC, as all of the API; before 1900 is no date."""
    match = STAMP.fullmatch(value)
    if not match:
        raise ValueError
    day, time, fraction, zone = match.groups()
    stamp = datetime.fromisoformat(f"{day}T{time or '00:00:00'}").replace(tzinfo=UTC)
    stamp += timedelta(microseconds=int((fraction or "0")[:6].ljust(6, "0")))
    if zone not in (None, "Z"):
        hours, minutes = int(zone[1:3]), int(zone[4:])
        stamp -= timedelta(hours=hours, minutes=minutes) * (1 if zone[0] == "+" else -1)
    return stamp if stamp.year >= 1900 else None


def kind_of(value: Any) -> str:
    names = {bool: "a boolean", str: "text", list: "a list", dict: "an object", type(None): "null"}
    return names.get(type(value), "a number")


READERS: dict[DataType, Callable[[Any], Any]] = {
    "bigint": read_integer,
    "bool": read_exactly(bool),
    "text": read_exactly(str),
    "timestamp": read_timestamp,
    "decimal": read_decimal,
}
