"""Who is signed in: kept on disk, and known only by the hash of what the browser shows."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from pipelines.actions.database import ActionsDatabase
from pipelines.operations import Connection, stamp
from pipelines.settings import Tenant
from pipelines.settings.console_user import ConsoleUser

LIFE = timedelta(hours=12)

BEGIN = """
    insert into console_sessions (session_hash, user_name, entry_hash, began_at, ends_at) values (?, ?, ?, ?, ?)
"""
FIND = "select user_name, entry_hash, message is not null from console_sessions where session_hash = ? and ends_at > ?"
END = "delete from console_sessions where session_hash = ?"
SAY = "update console_sessions set message = ? where session_hash = ?"
SAID = "select message from console_sessions where session_hash = ?"
POSTED = "insert into console_forms (form_hash, posted_at) values (?, ?) on conflict do nothing"


@dataclass(frozen=True, slots=True)
class Session:
    """``key``: what the browser shows; ``has_message``: the next page has something to say."""

    user: ConsoleUser
    key: str
    has_message: bool = False

    @property
    def name(self) -> str:
        return self.user.name

    def may_see(self, tenant: Tenant) -> bool:
        return self.user.tenants is None or not self.user.tenants.isdisjoint((tenant.name, str(tenant.id)))


class Sessions:
    def __init__(self, users: dict[str, ConsoleUser], store: ActionsDatabase) -> None:
        self._users, self._store = users, store

    def begin(self, user: ConsoleUser, now: datetime) -> str:
        """256 random bits, new with every sign-in."""
        key = secrets.token_urlsafe(32)
        with self._store.writing() as con:
            forget(con, now)
            con.execute(BEGIN, [digest(key), user.name, user.digest, stamp(now), stamp(now + LIFE)])
        return key

    def find(self, key: str, now: datetime) -> Session | None:
        """None where it has ended: by time, by signing out, or since the user's entry is another."""
        with self._store.looking() as con:
            row = con.execute(FIND, [digest(key), stamp(now)]).fetchone()
        if row is None:
            return None
        name, entry, has_message = row
        user = self._users.get(name)
        return Session(user, key, bool(has_message)) if user and user.digest == bytes(entry) else None

    def end(self, key: str) -> None:
        self._store.write(END, digest(key))

    def say(self, session: Session, message: str) -> None:
        """On the next page that is shown."""
        self._store.write(SAY, message, digest(session.key))

    def said(self, session: Session) -> str | None:
        """Once."""
        if not session.has_message:
            return None
        with self._store.writing() as con:
            row = con.execute(SAID, [digest(session.key)]).fetchone()
            con.execute(SAY, [None, digest(session.key)])
        return row[0] if row else None

    def is_first_post(self, form: bytes, now: datetime) -> bool:
        return self._store.write(POSTED, form, stamp(now)) == 1


def digest(key: str) -> bytes:
    return sha256(key.encode()).digest()


def forget(con: Connection, now: datetime) -> None:
    """What has ended; a form lives no longer than the session that it was made in."""
    con.execute("delete from console_sessions where ends_at <= ?", [stamp(now)])
    con.execute("delete from console_forms where posted_at <= ?", [stamp(now - LIFE)])


def end_all(con: Connection) -> None:
    """After a restore: a session that was ended since the back-up would live again."""
    con.execute("delete from console_sessions")
