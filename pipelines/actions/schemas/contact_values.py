"""Phone numbers and e-mail addresses in one form each, so that equal ones compare equal."""

import re

import phonenumbers

from pipelines.addresses import email_address
from pipelines.flow_builder.contact_points import Phone, readable_phones

__all__ = ["as_contact", "email_address", "national_digits", "phones_of_contact"]

PHONES = ("Phone", "MobilePhone")  # and no Fax
EXTENSION = re.compile(r"(?:x|ext\.?|extension)\s*(\d{1,7})", re.IGNORECASE)


def national_digits(number: str) -> str:
    """``2135552823`` of a number in E.164: what ServiceTitan is asked for, because how it stores numbers differs by
    tenant."""
    return phonenumbers.national_significant_number(phonenumbers.parse(number))


def as_contact(phone: Phone, country: str) -> dict[str, str]:
    """A new contact: at home only the number's digits, as most people enter it, and the extension beside it."""
    at_home = phone.number.startswith(f"+{phonenumbers.country_code_for_region(country)}")
    value = national_digits(phone.number) if at_home else phone.number
    return {"type": "Phone", "value": value} | ({"memo": f"x{phone.extension}"} if phone.extension else {})


def phones_of_contact(kind: str | None, value: str | None, memo: str | None, country: str) -> frozenset[Phone]:
    """Of a contact in ServiceTitan."""
    if kind not in PHONES:
        return frozenset()
    beside = EXTENSION.fullmatch((memo or "").strip())
    found = readable_phones(value, country)
    return frozenset(one._replace(extension=one.extension or (beside and beside[1])) for one in found)
