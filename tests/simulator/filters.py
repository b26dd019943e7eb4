"""The filters of the list endpoints: text of a parameter -> a test of a row. A bad value raises `ValueError`."""

import re
from collections.abc import Callable

from tests.simulator.tables import Row
from tests.simulator.wire import ticks

Test = Callable[[Row], bool]
Filter = Callable[[str], Test]

DATE_ONLY = re.compile(r"\d{4}-\d\d-\d\d")


def everything(_row: Row) -> bool:
    return True


def truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"The value '{text}' is not valid.")
    return text.lower() == "true"


def whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"The value '{text}' is not valid.") from None


def number(field: str) -> Filter:
    def parse(text: str) -> Test:
        wanted = whole(text)
        return lambda row: row.record.get(field) == wanted

    return parse


def numbers(field: str, at_most: int = 50) -> Filter:
    def parse(text: str) -> Test:
        wanted = {whole(part) for part in text.split(",") if part.strip()}
        if len(wanted) > at_most:
            raise ValueError(f"At most {at_most} ids are allowed.")
        return lambda row: row.record.get(field) in wanted

    return parse


def text(field: str) -> Filter:
    return lambda wanted: lambda row: str(row.record.get(field)).lower() == wanted.lower()


def contains(field: str) -> Filter:
    return lambda wanted: lambda row: wanted.lower() in str(row.record.get(field)).lower()


def inside(field: str, part: str) -> Filter:
    """Within a nested object, such as the address."""
    return lambda wanted: lambda row: wanted.lower() in str((row.record.get(field) or {}).get(part)).lower()


def boolean(field: str) -> Filter:
    def parse(text: str) -> Test:
        wanted = truth(text)
        return lambda row: bool(row.record.get(field)) == wanted

    return parse


def since(field: str) -> Filter:
    return _compared(field, lambda stamp, bound: stamp >= bound)


def before(field: str) -> Filter:
    return _compared(field, lambda stamp, bound: stamp < bound)


def _compared(field: str, compare: Callable[[int, int], bool]) -> Filter:
    def parse(text: str) -> Test:
        if DATE_ONLY.fullmatch(text):
            return everything  # real tenants are reported to ignore a date without a time
        bound = ticks(text)
        return lambda row: bool(row.record.get(field)) and compare(ticks(row.record[field]), bound)

    return parse


def dates(**fields: str) -> dict[str, Filter]:
    """``dates(created="createdOn")`` -> createdOnOrAfter and createdBefore."""
    pairs: dict[str, Filter] = {}
    for name, field in fields.items():
        pairs |= {f"{name}OnOrAfter": since(field), f"{name}Before": before(field)}
    return pairs


CHANGED = dates(created="createdOn", modified="modifiedOn")


def overlap(field: str) -> Filter:
    """A list of ids that shares one with the parameter's."""

    def parse(text: str) -> Test:
        wanted = {whole(part) for part in text.split(",")}
        return lambda row: not wanted.isdisjoint(row.record.get(field) or [])

    return parse


def ignored(_text: str) -> Test:
    """A parameter that is known and chooses nothing."""
    return everything


def digits(value: object) -> str:
    return "".join(re.findall(r"\d", str(value)))
