"""Whose password it is, and how often somebody may guess."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerificationError

from pipelines.console.refusals import Refusal
from pipelines.settings.console_user import ConsoleUser

MAX_LENGTH = 1000  # of a password: argon2 reads all of it
MAX_WAITING = 8  # sign-ins; one argon2 takes 64 MB and, on a small machine, a tenth of a second
MAX_KNOWN = 10_000
OF_A_NAME = (5, 15.0)  # so many at once, then one in so many seconds
OF_AN_ADDRESS = (30, 2.0)  # behind a proxy everybody has the same one


class Guesses:
    """A bucket per name, or per address, kept in memory; the one that was used longest ago makes room."""

    def __init__(self, most: int, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._monotonic = most, seconds, monotonic
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, who: str) -> None:
        """Raises `Refusal` 429."""
        with self._lock:
            now = self._monotonic()
            level, then = self._levels.pop(who, (float(self._most), now))
            level = min(self._most, level + (now - then) / self._seconds)
            enough = level >= 1
            self._levels[who] = (level - enough, now)
            if len(self._levels) > MAX_KNOWN:
                self._levels.popitem(last=False)
        if not enough:
            wait = max(1, round((1 - level) * self._seconds))
            raise Refusal(429, f"too many tries: wait {wait} seconds", {"retry-after": str(wait)})

    def give_back(self, who: str) -> None:
        """It was no guess."""
        with self._lock:
            level, then = self._levels.pop(who, (float(self._most), self._monotonic()))
            self._levels[who] = (min(self._most, level + 1), then)


class Passwords:
    def __init__(self, users: Mapping[str, ConsoleUser]) -> None:
        self._users = users
        self._hasher = PasswordHasher()
        self._nobodys = nobodys(users)
        self._names, self._addresses = Guesses(*OF_A_NAME), Guesses(*OF_AN_ADDRESS)
        self._one, self._waiting = threading.Lock(), threading.BoundedSemaphore(MAX_WAITING)

    def check(self, name: str, password: str, address: str) -> ConsoleUser | None:
        """None: no such user, or not the password; it takes as long either way. Raises `Refusal` 429."""
        self._addresses.take(address)
        self._names.take(name[:MAX_LENGTH])
        user = self._users.get(name)
        if not self._waiting.acquire(blocking=False):
            raise Refusal(429, "others sign in at the moment: wait a second", {"retry-after": "1"})
        try:
            with self._one:
                is_right = self._verified(user.password_hash if user else self._nobodys, password[:MAX_LENGTH])
        finally:
            self._waiting.release()
        if user is None or not is_right:
            return None
        self._addresses.give_back(address)
        self._names.give_back(name)
        return user

    def _verified(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except VerificationError:
            return False


def nobodys(users: Mapping[str, ConsoleUser]) -> str:
    """A hash of nothing known, as dear as the dearest of theirs."""
    known = [extract_parameters(user.password_hash) for user in users.values()]
    dearest = max(known, key=lambda one: one.memory_cost * one.time_cost, default=None)
    hasher = PasswordHasher.from_parameters(dearest) if dearest else PasswordHasher()
    return hasher.hash(secrets.token_urlsafe(32))
