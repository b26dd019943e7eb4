"""What ``LEAD_SOURCES__<NAME>__FIELDS__…`` of earlier releases said, as the JMESPath of ``…__MAP__…``.

There ``a | b`` meant "else", ``a b`` "joined by a blank", and a dot also went into a list of
``{"name": …, "values": […]}``.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FACEBOOK = "field_data"  # its list; any other place is taken for an object


def replaced_fields(source: str, fields: Any) -> Iterator[str]:
    """A line for each variable."""
    group = f"LEAD_SOURCES__{source.upper()}"
    if not isinstance(fields, Mapping):
        yield f"{group}__FIELDS: is {group}__MAP__… now, with JMESPath; see pipelines/actions/README.md"
        return
    for field, path in fields.items():
        yield (
            f"{group}__FIELDS__{field.upper()}: is {group}__MAP__{field.upper()}={expression(str(path))} now, which is"
            f" JMESPath{''.join(_as_list(str(path)))}"
        )


def expression(path: str) -> str:
    alternatives = [part.split() for part in path.split("|") if part.strip()]
    if [len(places) for places in alternatives] == [1]:
        return _place(alternatives[0][0])
    return " || ".join(_joined(places) for places in alternatives)


def _joined(places: list[str]) -> str:
    if len(places) > 1:
        return f"join(' ', [{', '.join(map(_place, places))}][?@].to_string(@))"
    place = _place(places[0])
    return f"({place})" if "|" in place else place


def _place(place: str) -> str:
    first, *below = place.split(".")
    if first == FACEBOOK and below:
        return ".".join([_of_list(first, below[0]), *map(_quoted, below[1:])])
    quoted = ".".join(map(_quoted, [first, *below]))
    return quoted if NAME.match(first) and quoted[0] != '"' else f"@.{quoted}"  # dotenv eats quotes in front


def _of_list(place: str, name: str) -> str:
    literal = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"{_quoted(place)}[?name=='{literal}'].values[0] | [0]"


def _quoted(name: str) -> str:
    return name if NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _as_list(path: str) -> Iterator[str]:
    for place in path.replace("|", " ").split():
        first, *below = place.split(".")
        if below and first != FACEBOOK:
            yield f"; where {first} is a list of name and values, {place} is {_of_list(first, below[0])}"
            return
