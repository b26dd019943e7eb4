"""``Idempotency-Key``: the first outcome of a write is kept, and given again to whoever repeats it."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from pipelines.actions.database import ActionsDatabase, named
from pipelines.actions.web.problems import MEDIA_TYPE, Problem
from pipelines.clock import Clock
from pipelines.operations import stamp

KEY_RETENTION = timedelta(days=30)
KEY = re.compile(r"[\x20-\x7e]{1,255}")
# These tell that nothing was settled: the same request may come again and is then worked on anew.
UNSETTLED = {
    "unavailable",
    "in_doubt",
    "busy",
    "not_permitted",
    "not_configured",
    "not_connected",
    "not_stored",
    "internal",
}

BEGIN = """
    insert into idempotency_keys (caller, key, fingerprint, action, tenant_id, runner, began_at)
    values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing
"""
KNOWN = "select * from idempotency_keys where caller = ? and key = ? /* postgres: for update */"


@dataclass(frozen=True)
class KeptOutcome:
    status: int
    body: bytes
    replayed: bool = False

    @property
    def media_type(self) -> str:
        return MEDIA_TYPE if self.status >= 400 else "application/json"


@dataclass(frozen=True)
class Asked:
    """A write as it was asked for; the same caller and key mean the same one."""

    caller: str
    key: str
    action: str
    tenant_id: int
    fingerprint: str
    fingerprint_before: str  # as 0.1.0 made it

    @property
    def name(self) -> str:
        """Held by the process that works on it."""
        return f"idempotency key {self.caller} {self.key}"

    @property
    def write_id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.caller}\n{self.key}"))


class Idempotency:
    """``runner`` is this process: what another one began, did not end and does not hold any more was cut off."""

    def __init__(self, store: ActionsDatabase, clock: Clock) -> None:
        self._store, self._clock, self._runner = store, clock, uuid.uuid4().hex

    def once(self, asked: Asked, work: Callable[[], KeptOutcome]) -> KeptOutcome:
        """``work`` may be cut off at any moment and is then run again on a repeat: it must look before it writes."""
        if known := self._claim(asked):
            return known
        try:
            outcome = work()
        except Problem as problem:
            if problem.code in UNSETTLED:
                self._release(asked)
                raise
            outcome = KeptOutcome(problem.status, problem.body())
        except BaseException:
            self._release(asked)
            raise
        self._end(asked, outcome)
        return outcome

    def forget_old(self) -> int:
        return self._store.write(
            "delete from idempotency_keys where ended_at < ?", stamp(self._clock() - KEY_RETENTION)
        )

    def _claim(self, asked: Asked) -> KeptOutcome | None:
        with self._store.writing() as con:
            place = (asked.caller, asked.key)
            new = (*place, asked.fingerprint, asked.action, asked.tenant_id, self._runner, stamp(self._clock()))
            if con.execute(BEGIN, new).rowcount:
                con.hold(asked.name)
                return None
            [row] = named(con.execute(KNOWN, place))
            if row["fingerprint"] not in (asked.fingerprint, asked.fingerprint_before):
                raise Problem("key_reused", "send a new key with a new request")
            if row["status"] is not None:
                return KeptOutcome(row["status"], row["body"], replayed=True)
            if row["runner"] == self._runner or not con.hold(asked.name):
                raise Problem("in_progress", "ask again with the same key in a moment", retry_after=1)
            con.execute("update idempotency_keys set runner = ? where caller = ? and key = ?", (self._runner, *place))
            return None

    def _release(self, asked: Asked) -> None:
        self._store.write(
            "update idempotency_keys set runner = null where caller = ? and key = ?", asked.caller, asked.key
        )
        self._store.let_go(asked.name)

    def _end(self, asked: Asked, outcome: KeptOutcome) -> None:
        self._store.write(
            "update idempotency_keys set status = ?, body = ?, ended_at = ?, runner = null"
            " where caller = ? and key = ?",
            outcome.status,
            outcome.body,
            stamp(self._clock()),
            asked.caller,
            asked.key,
        )
        self._store.let_go(asked.name)


def check_key(key: str | None) -> str:
    """Raises `Problem`."""
    if not key:
        raise Problem("idempotency_key_missing", "send Idempotency-Key: a new unique text, the same on every repeat")
    if not KEY.fullmatch(key):
        raise Problem("malformed", "Idempotency-Key: expected 1 to 255 visible ASCII characters")
    return key
