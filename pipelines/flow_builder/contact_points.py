"""A customer's address and number, read out of what people type into ServiceTitan's contact fields.

A field may hold "none", two addresses, a name around an address, and what cannot be seen: zero-width characters, a BOM,
soft hyphens, directional marks.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

from pipelines.addresses import email_address, valid_numbers
from pipelines.texts import clean

# Bullets, dashes, quotes: RFC 5322 would take some of them as part of a mailbox.
AROUND = "*-=&'`\u00b4\u00b7\u2013\u2014\u2018\u2019\u201c\u201d\u2022"
BREAKS = r"\s,;:<>()\[\]{}\"|/\\"
ADDRESS = re.compile(rf"(?<![^{BREAKS}])[^{BREAKS}@]{{1,64}}@[\w-]+(?:\.[\w-]+)+")
SPACED = re.compile(r"(\S+)\s*@\s*(\S+)")
BESIDE_LETTERS = re.compile(r"(?<=[^\W\d_])(?=[+(\d])|(?<=\d)(?=[^\W\d_])")
SEPARATORS = str.maketrans("*_\u00b7\u2022", "    ")
WHOLE_FLOAT = re.compile(r"(?<![\d.])(\d{7,15})\.0+(?!\d)")  # a spreadsheet's number

KEPT = 1024  # a customer's are read several times in a row: for the reasons, and for the body


class Phone(NamedTuple):
    """``number`` in E.164."""

    number: str
    extension: str | None


@lru_cache(KEPT)
def readable_email(text: str | None) -> str | None:
    """The first address in it that has a dotted domain, in lower case."""
    return next(readable_emails(text), None)


def readable_emails(text: str | None) -> Iterator[str]:
    """Every one, in its order."""
    seen = visible(text)
    if "@" not in seen:
        return
    if spaced := SPACED.fullmatch(seen):
        seen = "@".join(spaced.groups())
    candidates = (email_address(found.strip(AROUND)) for found in ADDRESS.findall(seen))
    yield from (address for address in candidates if address)


@lru_cache(KEPT)
def readable_phone(text: str | None, country: str) -> Phone | None:
    """The first valid number in it; one without a country's code is one of ``country`` (``US``)."""
    return next(readable_phones(text, country), None)


def readable_phones(text: str | None, country: str) -> Iterator[Phone]:
    """Every one, in its order."""
    seen = WHOLE_FLOAT.sub(r"\1", BESIDE_LETTERS.sub(" ", visible(text).translate(SEPARATORS)))
    for number in valid_numbers(seen, country.upper()):
        yield Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), number.extension)


def visible(text: str | None) -> str:
    """Without what nobody sees, at its edges without spaces."""
    if not text or text.isascii():
        return clean(text or "").strip()
    return "".join(one for one in clean(text) if unicodedata.category(one) != "Cf").strip()
