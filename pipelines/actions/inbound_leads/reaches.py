"""Numbers and addresses that a sender's form has besides those that its mapping takes."""

import re
from collections.abc import Iterator
from typing import Any

from pipelines.flow_builder.contact_points import readable_emails, readable_phones
from pipelines.texts import as_text

NAMED = re.compile("phone|mobile|cell|tel|mail", re.IGNORECASE)
NAMES = ("name", "key", "label", "title", "field", "column_id")  # {"name": "work_phone", "values": […]}


def further(payload: Any, taken: str, country: str) -> list[str]:
    """As typed; each once. ``taken``: what was read already."""
    known, found = {*_reached(taken, country)}, list[str]()
    for text in _texts(payload, ""):
        reached = {*_reached(text, country)}
        if not reached <= known:
            known |= reached
            found.append(text)
    return found


def _reached(text: str, country: str) -> Iterator[str]:
    yield from (phone.number for phone in readable_phones(text, country))
    yield from readable_emails(text)


def _texts(value: Any, label: str) -> Iterator[str]:
    """What stands below a name that says that it is a number or an address."""
    if isinstance(value, dict):
        own = " ".join(str(value[name]) for name in NAMES if isinstance(value.get(name), str))
        for name, part in value.items():
            yield from _texts(part, f"{own} {name}")
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part, label)
    elif NAMED.search(label) and (text := as_text(value)):
        yield text
