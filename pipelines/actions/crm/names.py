"""What two names have in common: a given name, a surname, or one by which somebody is called."""

import unicodedata

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


def have_in_common(one: str, other: str) -> bool:
    """Initials count for nothing."""
    return not _names(one).isdisjoint(_names(other))


def _names(text: str) -> set[str]:
    name = HumanName(_plain(text))
    parts = (name.first, name.middle, name.last_base, name.nickname)
    words = {word.strip(".,'-&") for part in parts for word in part.replace("-", " ").split()}
    return {word for word in words if len(word) > 1 or not word.isascii()} - set(EVERYBODYS.split())


def _plain(text: str) -> str:
    """Without accents, in lower case."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(one for one in apart if not unicodedata.combining(one)).casefold()
