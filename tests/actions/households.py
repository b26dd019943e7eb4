"""Households as an office has them on record, the people in them, and what people type: for a proof by numbers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from tests.simulator.catalogue import FIRST_NAMES, LAST_NAMES

GIVEN = f"{FIRST_NAMES} Zoë José Wei Li Bo"
SURNAMES = f"{LAST_NAMES} Doe Major Núñez O'Neil Smith-Jones Wu"
AREAS = ("213", "714", "949", "214", "817", "972", "310", "424")

# What people type who give none, and tools: not taken from the product's list.
NO_NUMBERS = """
999-999-9999, (888) 888-8888, 000-000-0000, 111-111-1111, 123-456-7890, 234-567-8901, (310) 555-0147, 212-222-2222,
5555555, 555-1212, 213-555-1212, 800-867-5309, 424-242-4242, 310-310-3103, 213-765-4321, (702) 333-3333, 9999999999,
none, n/a, no phone, 0, x, call me, 1234567, +1 777 777 7777, 213-543-2109, 949-456-7890, +1 999 999 9999 x1, (000)
000-0000, 817-111-1111
"""
NO_ADDRESSES = """
none@none.com, noemail@gmail.com, no@email.com, na@na.com, n.a@yahoo.com, declined@declined.com, refused@aol.com,
decline@a.com, test@example.com, user@example.com, email@example.com, test@test.com, tester1@gmail.com, test@fb.com,
test@meta.com, none, n/a, noreply@servicetitan.com, no-reply@acme.com, donotreply@acme.com, do.not.have@gmail.com,
doesnthave@yahoo.com, no.mail@no.com, noemail@noemail.com, bob@noemail.com, none1@gmail.com, unknown@unknown.com,
asdf@asdf.com, qwerty@gmail.com, abc@abc.com, a@b.com, xxx@xxx.com, aaaa@aol.com, fake@fake.com, nobody@nowhere.com,
noone@gmail.com, notgiven@gmail.com, not.provided@x.com, customer@gmail.com, email@email.com, name@domain.com,
john.doe@example.com, your.email@gmail.com, someone@somewhere.com, 123@gmail.com, refuses@gmail.com,
no_email@hotmail.com, nomail@nomail.com, null@null.com, null@gmail.com, declined2@yahoo.com, temp@temp.com,
noemailprovided@aol.com
"""
SPELLINGS: tuple[Callable[[str], object], ...] = (
    lambda d: f"{d[:3]}-{d[3:6]}-{d[6:]}",
    lambda d: f"({d[:3]}) {d[3:6]}-{d[6:]}",
    lambda d: f"[{d[:3]}] {d[3:6]} {d[6:]}",
    lambda d: f"{d[:3]}.{d[3:6]}.{d[6:]}",
    lambda d: f"+1 {d[:3]} {d[3:6]} {d[6:]}",
    lambda d: f"1-{d[:3]}-{d[3:6]}-{d[6:]}",
    lambda d: f"tel:+1{d}",
    lambda d: f"p:+1{d}",
    lambda d: f"whatsapp:+1{d}",
    lambda d: f"\u202a+1 {d[:3]}\u2011{d[3:6]}\u2011{d[6:]}\u202c",
    lambda d: f"\u200e {d[:3]}\u00a0{d[3:6]}\u00a0{d[6:]}",
    lambda d: f"{d}.0",
    lambda d: d,
    int,
    float,
)
WAYS_TO_WRITE: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    lambda one: f"  {one}\t",
    lambda one: f"mailto:{one}",
    lambda one: f"\u200b{one}\u202c",
)
WAYS_TO_CALL: tuple[Callable[[str, str], str], ...] = (
    lambda first, last: f"{first} {last}",
    lambda first, last: f"{last}, {first}",
    lambda first, last: f"{first} {last}".upper(),
    lambda first, last: f"Mr. {first} Q. {last} Jr.",
    lambda first, last: f"  {first}   {last} ",
    lambda first, last: f"{first[0]}. {last}",
    lambda _first, last: f"The {last} Family",
)


@dataclass(frozen=True)
class Somebody:
    """``customer`` is the record that is theirs; None: they have none yet."""

    customer: int | None
    first: str
    last: str
    digits: str
    email: str


@dataclass
class Town:
    """Customers as type and value of each contact; the office types "none" and 999-999-9999 as well."""

    random: Random
    size: int
    people: list[Somebody] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    contacts: dict[int, list[tuple[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for customer in range(1, self.size + 1):
            one = self.new_person(customer)
            self.people.append(one)
            self.names[customer] = self.random.choice(WAYS_TO_CALL)(one.first, one.last)
            self.contacts[customer] = [*self._typed(one)]

    def new_person(self, customer: int | None = None) -> Somebody:
        number = (customer or self.size + self.random.randrange(1, 3000)) - 1
        first, last = self.random.choice(GIVEN.split()), self.random.choice(SURNAMES.split())
        digits = f"{AREAS[number % len(AREAS)]}{556 + number // 5000}{200 + number % 5000:04}"
        return Somebody(customer, first, last, digits, f"{first.lower()}.{number}@mail.example.net")

    def _typed(self, one: Somebody) -> Iterator[tuple[str, str]]:
        draw = self.random.random()
        if draw < 0.85:
            yield self.random.choice(("Phone", "MobilePhone")), str(self.random.choice(SPELLINGS)(one.digits))
        if draw > 0.15:
            yield "Email", self.random.choice(WAYS_TO_WRITE)(one.email)
        if self.random.random() < 0.3:
            yield "Phone", self.nothing(NO_NUMBERS)
        if self.random.random() < 0.3:
            yield "Email", self.nothing(NO_ADDRESSES)
        if self.random.random() < 0.1:
            yield "Fax", f"({AREAS[0]}) 555-{3000 + (one.customer or 0) % 10}"

    def comes_back(self) -> tuple[Somebody, dict[str, object]]:
        """Somebody with a record, with all that they have, or one of it; at times with a placeholder for the other."""
        one = self.random.choice(self.people)
        kinds = {kind[-5:] for kind, value in self.contacts[one.customer or 0] if self._is_theirs(one, value)}
        phone = {"phone": self.random.choice(SPELLINGS)(one.digits)} if "Phone" in kinds else {}
        email = {"email": self.random.choice(WAYS_TO_WRITE)(one.email)} if "Email" in kinds else {}
        if phone and email and self.random.random() < 0.5:
            phone, email = self.random.choice(((phone, {}), ({}, email)))
        if not phone and self.random.random() < 0.5:
            phone = {"phone": self.nothing(NO_NUMBERS)}
        if not email and self.random.random() < 0.5:
            email = {"email": self.nothing(NO_ADDRESSES)}
        return one, {"name": self.random.choice(WAYS_TO_CALL)(one.first, one.last)} | phone | email

    def is_new(self) -> tuple[Somebody, dict[str, object]]:
        """Somebody without a record, who gives what many give, or at whose number somebody else was reached before."""
        one, kind = self.new_person(), self.random.randrange(5)
        phone: object = self.random.choice(SPELLINGS)(one.digits)
        email = one.email
        if kind in (0, 2):
            phone = self.nothing(NO_NUMBERS)
        if kind in (1, 2):
            email = self.nothing(NO_ADDRESSES)
        if kind == 3:
            other = self.random.choice(
                [two for two in self.people if not {one.first, one.last} & {two.first, two.last}]
            )
            phone = other.digits
        if kind == 4:
            phone = f"({AREAS[0]}) 555-{3000 + self.random.randrange(10)}"  # a Fax of others
        return one, {"name": f"{one.first} {one.last}", "phone": phone, "email": email}

    def nothing(self, among: str) -> str:
        return self.random.choice([" ".join(one.split()) for one in among.split(",")])

    @staticmethod
    def _is_theirs(one: Somebody, value: str) -> bool:
        return one.email in value.lower() or one.digits in "".join(filter(str.isdigit, value))
