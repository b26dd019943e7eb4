"""Phone numbers and e-mail addresses in one form each, so that equal ones compare equal."""

import phonenumbers
from phonenumbers import PhoneNumberFormat

from pipelines.addresses import email_address

__all__ = ["as_stored", "e164", "email_address", "national_digits"]


def e164(text: str, country: str) -> str | None:
    """``(213) 555-0123`` in US -> ``+12135550123``; None for what cannot be a number."""
    number = _number(text, country)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if number else None


def national_digits(text: str, country: str) -> str:
    """``2135550123``: what ServiceTitan is asked for, because how it stores numbers differs by tenant."""
    number = _number(text, country)
    return phonenumbers.national_significant_number(number) if number else ""


def as_stored(number: str | None, country: str) -> str | None:
    """A number in E.164 as a new contact's value: at home only its digits, as most people enter it."""
    if number is None or not number.startswith(f"+{phonenumbers.country_code_for_region(country)}"):
        return number
    return national_digits(number, country)


def _number(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None
