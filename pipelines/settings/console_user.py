"""Who may sign in to the console: one entry of CONSOLE_USERS, ``name:role[+tenant+tenant]:hash``."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, cast

from pydantic import SecretStr

Role = Literal["viewer", "operator"]
SHAPE = "expected name:viewer:hash or name:operator+tenant+tenant:hash, as `servicetitan-flow console-user` prints it"
ENTRY = re.compile(r"([^\s:,]{1,100}):(viewer|operator)((?:\+[^\s:+,]+)*):(\$argon2id\$\S+)")
BETWEEN_ENTRIES = re.compile(r",\s*(?=[^\s:,]+:(?:viewer|operator)[:+])")  # argon2's own text has commas


@dataclass(frozen=True, slots=True)
class ConsoleUser:
    """``tenants``: names in lower case that the user is bound to; None: every tenant."""

    name: str
    role: Role
    tenants: frozenset[str] | None
    password_hash: str

    @property
    def acts(self) -> bool:
        return self.role == "operator"

    @property
    def digest(self) -> bytes:
        """Another one where anything of the entry is another."""
        bound = "*" if self.tenants is None else "+".join(sorted(self.tenants))
        return sha256(f"{self.name}:{self.role}:{bound}:{self.password_hash}".encode()).digest()


def split(value: str) -> list[str]:
    return [part.strip() for part in BETWEEN_ENTRIES.split(value.strip().strip(",")) if part.strip()]


def parsed(entry: str) -> ConsoleUser:
    """Raises ValueError; never with the hash."""
    found = ENTRY.fullmatch(entry)
    if found is None:
        raise ValueError(SHAPE)
    name, role, bound, password_hash = found.groups()
    from argon2 import extract_parameters  # a command that has no console need not load it
    from argon2.exceptions import InvalidHashError

    try:
        extract_parameters(password_hash)
    except InvalidHashError:
        raise ValueError(f"{name}: this is no hash of argon2id; {SHAPE}") from None
    tenants = frozenset(one.lower() for one in bound.split("+") if one) or None
    return ConsoleUser(name, cast(Role, role), tenants, password_hash)


def by_name(entries: Iterable[SecretStr]) -> dict[str, ConsoleUser]:
    """Raises ValueError, where two have one name too."""
    users = [parsed(entry.get_secret_value()) for entry in entries]
    if twice := [name for name, count in Counter(user.name for user in users).items() if count > 1]:
        raise ValueError(f"found {twice[0]} twice; expected a name of its own for each")
    return {user.name: user for user in users}
