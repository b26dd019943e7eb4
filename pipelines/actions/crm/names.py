"""What two names have in common: a given name, a surname, or one by which somebody is called; and whether both may be
one person's."""

import re
import unicodedata
from functools import cache
from itertools import product
from typing import NamedTuple

from nameparser import HumanName

# In so many customers' names that it says nothing to have them in common.
EVERYBODYS = """
and und y e the of for mr mrs ms miss dr llc inc co corp company ltd lp llp trust estate family household residence
home homes house property properties management services service group construction roofing plumbing heating realty
wife husband son daughter mom dad mother father tenant owner cell mobile work office new customer unknown caller
wireless name test homeowner resident tenants occupant valued client anonymous guest visitor user lead facebook google
yelp thumbtack spam risk likely toll free call not city county state los angeles hoa apartments apartment apts condo
condominium church first school hospital bank inn hotel unit suite apt realtor agent broker contractor senor senora sr
sra american
"""

# Forms of one given name, a name a row; never a man's beside a woman's.
ONE_NAME = """
abigail abby gail; albert al bert; alexander alex alec; alexandra alex sandra; alfred al fred; allen alan allan al;
andrew andy drew; angela angie; ann anne annie; anthony tony; arthur art; barbara barb; benjamin ben benny;
catherine katherine kathryn cathy kathy kate katie; charles charlie chuck; christina christine kristin chris tina;
christopher chris; cynthia cindy; daniel dan danny; david dave; deborah debra deb debbie; donald don; dorothy dot;
douglas doug; edward ed eddie ted; elizabeth elisabeth liz beth betty lisa; eric erik; eugene gene; francis frank;
frederick fred; gerald gerry jerry; gregory greg; henry hank harry; jacob jake; jacqueline jackie; james jim jimmy;
jeffrey geoffrey jeff geoff; jennifer jen jenny; jeremy jeremiah jerry; john jon johnny jack; jonathan jon;
joseph joe joey; joshua josh; judith judy; kenneth ken kenny; kimberly kim; lawrence laurence larry; leonard len;
louis lewis lou; margaret maggie meg peggy; marc mark; matthew matt; melissa mel; michael mike mick; michelle shelly;
nancy nan; nathan nathaniel nate; nicholas nick; pamela pam; patricia pat patty trish; patrick pat; peter pete;
philip phillip phil; raymond ray; rebecca becky; richard rick rich dick; robert rob robby bob bobby; roger rodger;
ronald ron ronnie; samantha sam; samuel sam sammy; sandra sandy; sara sarah; stephanie steph; steven stephen steve;
stuart stewart stu; susan sue suzanne susie; teresa theresa terry; terrence terry; theodore theo ted; thomas tom tommy;
timothy tim; tobias toby; victoria vicky; vincent vince; virginia ginny; walter walt; william will bill billy
"""
GENERATIONS = "sr jr ii iii iv"
COUPLE = re.compile(r"\s*[&+/]\s*|\s+(?:and|und|y)\s+")


class Person(NamedTuple):
    """``called``: each of them is a given name, or may be one; ``surnames`` is empty where there is one word alone."""

    called: frozenset[str]
    surnames: frozenset[str]
    generation: str

    @property
    def words(self) -> frozenset[str]:
        return self.called | self.surnames


def have_in_common(one: str, other: str) -> bool:
    """Initials count for nothing."""
    return not _names(one).isdisjoint(_names(other))


def says_who(name: str) -> bool:
    """And not only what many are called."""
    return any(person.words for person in _persons(name))


def may_be(sender: str, customer: str) -> bool:
    """Whether who calls himself so may be the customer, and is nobody else of the household. A customer's name without
    a given name says nothing against it; a sender's without one does not say who of them it is."""
    return not says_who(customer) or any(_agree(*both) for both in product(_persons(sender), _persons(customer)))


def _agree(sender: Person, customer: Person) -> bool:
    if sender.generation and customer.generation and sender.generation != customer.generation:
        return False  # senior and junior
    if sender.words == customer.words:
        return True
    if not customer.surnames and customer.called <= sender.surnames:
        return True  # the household
    if sender.surnames and customer.surnames and sender.surnames.isdisjoint(customer.surnames):
        return False
    return any(_one_name(*both) for both in product(sender.called, customer.called))


def _one_name(one: str, other: str) -> bool:
    if 1 in (len(one), len(other)):
        return one[0] == other[0]
    return one == other or other in _forms().get(one, ())


@cache
def _forms() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in ONE_NAME.split(";"):
        for name in row.split():
            found.setdefault(name, set()).update(row.split())
    return found


def _persons(text: str) -> list[Person]:
    """Of a couple both; who of them has no surname has the other's."""
    found = [_person(part) for part in COUPLE.split(_plain(text))]
    shared = next((one.surnames for one in reversed(found) if one.surnames), frozenset[str]())
    return [one._replace(surnames=one.surnames or shared) for one in found if one.words]


def _person(text: str) -> Person:
    before, _, last = text.strip().rpartition(" ")
    generation = _bare(last) if _bare(last) in GENERATIONS.split() else ""
    rest = before if generation else text
    name = HumanName(" ".join(word for word in rest.split() if not _is_everybodys(_bare(word))))
    first, middle = _split(name.first), _split(name.middle)
    called = [*first, *_split(name.nickname)]
    if first and middle:
        called.append("".join(first + middle))  # Mary Ann, Maryann
    if first and len(first[0]) == 1:
        called += [word for word in middle if len(word) > 1]  # J. Robert is called by the second
    return Person(frozenset(called), frozenset(_split(name.last_base)), generation)


def _is_everybodys(word: str) -> bool:
    """An initial is none of them."""
    return len(word) > 1 and word in EVERYBODYS.split()


def _split(text: str) -> list[str]:
    return [bare for word in text.replace("-", " ").split() if (bare := _bare(word))]


def _bare(word: str) -> str:
    """Also O'Neil as ONeil."""
    return re.sub(r"[^\w]", "", word)


def _names(text: str) -> set[str]:
    name = HumanName(_plain(text))
    parts = (name.first, name.middle, name.last_base, name.nickname)
    words = {word.strip(".,'-&") for part in parts for word in part.replace("-", " ").split()}
    return {word for word in words if len(word) > 1 or not word.isascii()} - set(EVERYBODYS.split())


def _plain(text: str) -> str:
    """Without accents, in lower case."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(one for one in apart if not unicodedata.combining(one)).casefold()
