"""Phone numbers and e-mail addresses in one form each, so that equal ones compare equal."""

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberFormat


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


def email_address(text: str) -> str | None:
    """In lower case, or None for what cannot be one. DNS is not asked, for a person is looked up while it is down, too;
    ``.test``, which RFC 2606 keeps for trials, is taken."""
    address = text.strip().lower().removeprefix("mailto:")
    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return address  # and not the library's form, which the hashes of `email_index` do not have


def _number(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None
