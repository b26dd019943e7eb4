"""What identifies a person: a number or an address that one household has. Whose a lead is, is decided here and without
a call; what cannot be decided is a person's to say.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from pipelines.actions.crm.names import have_in_common, may_be, says_who
from pipelines.actions.schemas.contact_values import national_digits
from pipelines.actions.schemas.results import Address
from pipelines.flow_builder.contact_points import ADDRESS, WHOLE_FLOAT, Phone, readable_emails, readable_phones, visible

Field = Literal["phone", "email", "test"]
MAX_SHARING = 3  # customers; a number that more of them have is a builder's or a property manager's
MAX_EXTENSION = 6  # digits
NAMELESS = "Unknown"  # what a customer is called whose name nobody gave
UNREADABLE = {"phone": "no number that somebody can have", "email": "no e-mail address"}


class LeftOut(NamedTuple):
    """What was given, as typed, and identifies nobody: it is never looked up, and never stored as a contact."""

    field: str
    value: str
    why: str


@dataclass(frozen=True)
class Given:
    """What a sender says of a person; ``name`` is None where there is none. ``others``: further numbers, addresses."""

    name: str | None
    phone: Phone | None
    email: str | None
    left_out: tuple[LeftOut, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def identifies(self) -> bool:
        return bool(self.phone or self.email)


@dataclass(frozen=True)
class Known:
    """What ServiceTitan has of a customer."""

    id: int
    name: str
    phones: frozenset[Phone]
    emails: frozenset[str]
    places: tuple[Address, ...] = ()

    def has_number(self, phone: Phone | None) -> bool:
        return phone is not None and any(own.number == phone.number for own in self.phones)


def given(name: str | None, phone: str | None, email: str | None, country: str) -> Given:
    """Of several numbers, or addresses, in one field the first that identifies."""
    phone, email = in_their_fields(phone, email, country)
    numbers = list(readable_phones(phone, country))
    if len(numbers) == 1:
        numbers = [with_extension(numbers[0], visible(phone))]
    usable = [one for one in numbers if not placeholder("phone", national_digits(one.number))]
    addresses = list(readable_emails(email))
    known_addresses = [one for one in addresses if not placeholder("email", one)]
    left_out = []
    if phone and not usable:
        left_out.append(LeftOut("phone", phone, _why("phone", national_digits(numbers[0].number) if numbers else None)))
    if email and not known_addresses:
        left_out.append(LeftOut("email", email, _why("email", next(iter(addresses), None))))
    others = (*(written(one) for one in usable[1:]), *known_addresses[1:])
    name = name if name and name.casefold() != NAMELESS.casefold() else None
    return Given(name, next(iter(usable), None), next(iter(known_addresses), None), tuple(left_out), others)


def in_their_fields(phone: str | None, email: str | None, country: str) -> tuple[str | None, str | None]:
    """An address in the field of the number, and a number in that of the address, where the right one is empty."""
    if phone and not email and any(readable_emails(phone)):
        rest = ADDRESS.sub(" ", visible(phone))
        return (rest if any(readable_phones(rest, country)) else None), phone
    if email and not phone and not any(readable_emails(email)) and any(readable_phones(email, country)):
        return email, None
    return phone, email


def with_extension(phone: Phone, text: str) -> Phone:
    """Also where it is written as the library does not know it: `,22`, `room 22`, `22 x` in front."""
    number, digits = national_digits(phone.number), re.sub(r"\D", "", WHOLE_FLOAT.sub(r"\1", text))
    before, _, after = digits.partition(number)
    country = phone.number.removeprefix("+").removesuffix(number)
    extension = after or ("" if before.lstrip("01") in ("", country.lstrip("01")) else before)
    is_one = not phone.extension and number in digits and 0 < len(extension) <= MAX_EXTENSION
    return phone._replace(extension=extension) if is_one else phone


def doubts(person: Given, matching: Sequence[Known]) -> dict[int, str]:
    """Why a person has to say whose it is, by customer. None: it is the one that matches, or nobody's yet."""
    if len(matching) > 1:
        sharing = sum(one.has_number(person.phone) for one in matching)
        return {one.id: _match(person, one, sharing) for one in matching}
    return {one.id: why for one in matching if (why := _doubt(person, one))}


def is_same(person: Given, customer: Known) -> bool:
    """Whether it is this very person, and nobody else of the household or the office: mails go by it."""
    if person.email and person.email in customer.emails:
        return True
    if person.name and says_who(person.name):
        return may_be(person.name, customer.name)
    return not person.email and (person.phone is None or person.phone in customer.phones)


def lacking(person: Given, customer: Known) -> list[str]:
    """What was given and the customer's record does not have, as it goes into a summary."""
    missing = [person.name] if person.name and not may_be(person.name, customer.name) else []
    missing += [one.value for one in person.left_out]
    if person.phone and person.phone not in customer.phones:
        missing.append(written(person.phone))
    there = {*customer.emails, *(written(phone) for phone in customer.phones)}
    missing += [one for one in person.others if one not in there]
    if person.email and person.email not in customer.emails:
        missing.append(person.email)
    return missing


def reaches_of(person: Given) -> tuple[str, ...]:
    """In one form; what identifies nobody as it was typed."""
    own = (person.phone and written(person.phone), person.email)
    return (*filter(None, own), *person.others, *(one.value for one in person.left_out))


def written(phone: Phone) -> str:
    return f"{phone.number} x{phone.extension}" if phone.extension else phone.number


def is_test(texts: Iterable[str]) -> bool:
    """Whether a form's tool, and no person, sent this."""
    return any(placeholder("test", text.strip().lower()) for text in texts)


def placeholder(field: Field, value: str) -> str | None:
    """Why many people type it; None: they don't. A number as its national digits, an address in lower case."""
    return next((why for pattern, why in _patterns()[field] if pattern.fullmatch(value)), None)


def _why(field: Field, value: str | None) -> str:
    return UNREADABLE[field] if value is None else placeholder(field, value) or ""


def _match(person: Given, one: Known, sharing: int) -> str:
    has_number, has_email = one.has_number(person.phone), person.email in one.emails
    what = " and ".join(["the number"] * has_number + ["the e-mail"] * has_email)
    if has_number and sharing > MAX_SHARING:
        return f"has {what}, as {sharing} customers have: it identifies nobody"
    return f"has {what}; others match, too"


def _doubt(person: Given, one: Known) -> str | None:
    if person.email in one.emails:
        return None
    if person.phone not in one.phones:
        return "has the number with another extension, or without one"
    if person.name and have_in_common(person.name, one.name):
        return None
    if not person.name and not person.email:
        return None  # nothing speaks against it
    return "has the number, and neither the name nor the e-mail that were given"


@cache
def _patterns() -> dict[str, list[tuple[re.Pattern[str], str]]]:
    found: dict[str, list[tuple[re.Pattern[str], str]]] = {"phone": [], "email": [], "test": []}
    for row in _rows():
        found[row["field"]].append((re.compile(row["pattern"], re.IGNORECASE), row["why"]))
    return found


def _rows() -> Iterator[dict[str, str]]:
    with Path(__file__).with_name("placeholders.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
