"""ServiceTitan's wire formats: stamps of up to seven digits, decimals with trailing zeros, nulls left out at times."""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

Record = dict[str, Any]

SENTINEL = "0001-01-01T00:00:00Z"  # what old contacts carry as createdOn
EPOCH = datetime(1, 1, 1, tzinfo=UTC)
STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?")


def stamp(moment: datetime, seventh_digit: int = 0) -> str:
    """UTC with ``Z``; trailing zeros of the fraction are removed, and the point with them."""
    moment = moment.astimezone(UTC)
    fraction = f"{moment.microsecond:06}{seventh_digit}".rstrip("0")
    seconds = moment.replace(microsecond=0, tzinfo=None).isoformat()
    return f"{seconds}{'.' if fraction else ''}{fraction}Z"


@lru_cache(maxsize=1 << 18)
def ticks(text: str) -> int:
    """Hundreds of nanoseconds since the year 1; raises `ValueError` for what is no date and time."""
    match = STAMP.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no date and time")
    seconds, fraction, zone = match.groups()
    moment = datetime.fromisoformat(seconds).replace(tzinfo=_offset(zone))
    return (moment - EPOCH) // timedelta(seconds=1) * 10_000_000 + int((fraction or "")[:7].ljust(7, "0"))


def ticks_at(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1) * 10


def written(moment: datetime | str | None) -> str | None:
    """A moment that a caller gave, as it stands on the wire."""
    return stamp(moment) if isinstance(moment, datetime) else moment


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, default=_exact)


def without_some_nulls(record: Record) -> Record:
    """Null and absent both happen: every third record leaves its nulls out."""
    if record.get("id", 0) % 3:
        return record
    return {name: value for name, value in record.items() if value is not None}


def _offset(zone: str | None) -> timezone:
    if zone is None or zone == "Z":
        return UTC
    sign, hours, minutes = zone[0], int(zone[1:3]), int(zone[4:])
    return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if sign == "-" else 1))


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value).encode())
    raise TypeError(type(value).__name__)
