"""Which text is an e-mail address, and which numbers a text has: one answer for what comes in and what goes out."""

import re
from collections.abc import Iterator

from email_validator import EmailNotValidError, validate_email
from phonenumbers import (
    PhoneNumber,
    PhoneNumberMatcher,
    country_code_for_region,
    is_valid_number,
    parse,
)

NORTH_AMERICAN = re.compile(r"(?:\+?1[ .-]?)?(?:\(\d{3}\)|\d{3})[ .-]?\d{3}[ .-]?\d{4}")


def email_address(text: str) -> str | None:
    """In lower case, or None for what cannot be one. DNS is not asked, for a person is looked up while it is down, too;
    ``.test``, which RFC 2606 keeps for trials, is taken."""
    address = text.strip().lower().removeprefix("mailto:")
    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return address  # and not the library's form, which the hashes of `customer_index` do not have


def valid_numbers(text: str, country: str) -> Iterator[PhoneNumber]:
    """Those that `phonenumbers.is_valid_number` takes, with their extensions, whatever stands around them."""
    if country_code_for_region(country) == 1 and NORTH_AMERICAN.fullmatch(text):
        number = parse(text, country)  # the matcher would find the same, in 180 us and not in 40
        yield from [number] if is_valid_number(number) else []
        return
    for found in PhoneNumberMatcher(text, country):
        yield found.number
