"""Addresses of houses, as a form has them and as ServiceTitan has them."""

import re
from collections.abc import Iterable

from pipelines.actions.schemas.results import Address

PARTS = ("street", "unit", "city", "state", "zip")
SHORT = {
    "street": "st",
    "avenue": "ave",
    "road": "rd",
    "drive": "dr",
    "boulevard": "blvd",
    "lane": "ln",
    "court": "ct",
    "place": "pl",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
}


def is_among(place: Address, known: Iterable[Address]) -> bool:
    """Whether one of them has all that is said of it; nothing said is everywhere."""
    said = {part: _plain(value) for part in PARTS if (value := getattr(place, part))}
    return not said or any(all(_plain(getattr(one, part)) == said[part] for part in said) for one in known)


def one_line(place: Address) -> str:
    """``100 Elm St 4, Pasadena, CA 91101``."""
    street, region = (" ".join(filter(None, parts)) for parts in ((place.street, place.unit), (place.state, place.zip)))
    return ", ".join(filter(None, (street, place.city, region)))


def _plain(text: str | None) -> list[str]:
    return [SHORT.get(word, word) for word in re.findall(r"\w+", (text or "").casefold())]
