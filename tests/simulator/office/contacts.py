"""Phone numbers and addresses as people type them, and what a reader makes of them."""

from dataclasses import dataclass, field
from random import Random

from tests.simulator.catalogue import MAIL_DOMAIN, line_of_555

JUNK_EMAILS = ("none", "declined", "no email", "ada@gmail", "n/a", "dont have one")
JUNK_PHONES = ("none", "999-999-9999", "000-000-0000", "5555555")
AREAS = ("213", "714", "949", "214", "817", "972")


@dataclass(frozen=True)
class Typed:
    """``values``: type and value of each contact, the newest last; ``email``, ``phone`` (digits): what is of use."""

    values: list[tuple[str, str]] = field(default_factory=list)
    email: str | None = None
    phone: str | None = None


def good_email(name: str, number: int) -> str:
    return f"{name.lower().replace(' ', '.')}.{number}@{MAIL_DOMAIN}"


EMAILS = {
    "{good}": 10,
    "{good}; second.{good}": 1,
    "{good}, second.{good}": 1,
    "{name} <{good}>": 1,
    "  {good}\t": 1,
    "\u200b{good}\u202c": 1,
    "\ufeff{good}\u00ad": 1,
}


def typed_emails(random: Random, name: str, number: int) -> Typed:
    """Mostly right; at times with something around it, or with junk that is newer, or nothing but junk."""
    good = good_email(name, number)
    form = random.choices(list(EMAILS), list(EMAILS.values()))[0]
    values, drawn = [form.format(good=good, name=name)], random.random()
    if drawn < 0.06:
        return Typed([("Email", random.choice(JUNK_EMAILS))])
    if drawn < 0.16:
        values = [*values, random.choice(JUNK_EMAILS)]
    return Typed([("Email", value) for value in values], email=good)


def typed_phones(random: Random, number: int) -> Typed:
    area, line = random.choice(AREAS), line_of_555(number)
    forms = (f"({area}) 555-{line}", f"{area}-555-{line}", f"{area}555{line}", f"+1 {area} 555 {line}")
    value, drawn = random.choice(forms), random.random()
    kind = random.choice(("MobilePhone", "MobilePhone", "Phone"))
    if drawn < 0.05:
        return Typed([(kind, random.choice(JUNK_PHONES))])
    if drawn < 0.12:
        value = f"{value} (wife Mary)"
    elif drawn < 0.18:
        value = f"{value} x22"
    values = [(kind, value)]
    if random.random() < 0.1:
        values.append((kind, random.choice(JUNK_PHONES)))
    if random.random() < 0.1:
        values.append(("Fax", f"({area}) 555-2800"))
    return Typed(values, phone=f"{area}555{line}")


def typed(random: Random, name: str, number: int) -> Typed:
    emails, phones = typed_emails(random, name, number), typed_phones(random, number)
    return Typed([*phones.values, *emails.values], email=emails.email, phone=phones.phone)
