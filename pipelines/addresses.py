"""Which text is an e-mail address, and which numbers a text has: one answer for what comes in and what goes out."""

from collections.abc import Iterator

from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumber, PhoneNumberMatcher


def email_address(text: str) -> str | None:
    """In lower case, or None for what cannot be one. DNS is not asked, for a person is looked up while it is down, too;
    ``.test``, which RFC 2606 keeps for trials, is taken."""
    address = text.strip().lower().removeprefix("mailto:")
    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return address  # and not the library's form, which the hashes of `email_index` do not have


def valid_numbers(text: str, country: str) -> Iterator[PhoneNumber]:
    """Those that `phonenumbers.is_valid_number` takes, with their extensions, whatever stands around them."""
    for found in PhoneNumberMatcher(text, country):
        yield found.number
