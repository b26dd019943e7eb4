"""A write to ServiceTitan, which knows no idempotency keys: never repeated blindly.

Before the first byte is sent, the write stands in ``servicetitan_writes``. Where nothing tells what became of it, it is
looked for; only where it is not there it is sent once more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pipelines.actions.context import ActionContext, Resource
from pipelines.actions.web.problems import Problem
from pipelines.operations import moment, stamp
from pipelines.servicetitan.api.errors import OutcomeUnknown, RateLimited, ServiceTitanError
from pipelines.servicetitan.api.responses import Json

# Seconds before each look for a write that was lost: the server may still be at work on it.
PAUSES = (0.0, 0.5, 2.0)


@dataclass(frozen=True)
class Write:
    """``look`` gives the record if the write was carried out since the given moment, else None."""

    resource: Resource
    send: Callable[[], Json]
    look: Callable[[datetime], Json | None]


def already_written(call: ActionContext, write: Write) -> Json | None:
    """The record, where an earlier attempt was cut off behind the write; asks ServiceTitan only where there was one."""
    row = call.services.store.row("select began_at from servicetitan_writes where write_id = ?", call.write_id)
    return _looked_for(call, write, moment(row["began_at"])) if row else None


def write_once(call: ActionContext, write: Write) -> Json:
    """The record. Raises `ServiceTitanError` where nothing was written, and where that is unknown, `Problem`.

    An attempt of before was looked for by `already_written`. Once begun, a write comes to its end, waited for or not.
    """
    call.deadline.lift()
    began = _begin(call, write.resource)
    for last in (False, True):
        try:
            return noted(call, write.send())
        except OutcomeUnknown as unknown:
            if found := _looked_for(call, write, began):
                return found
            if unknown.busy is not None:
                raise RateLimited(str(unknown), unknown.busy) from None
            if last:
                raise Problem("in_doubt", f"{unknown}, twice; {REPEAT}") from None
        except ServiceTitanError:
            call.services.store.write("delete from servicetitan_writes where write_id = ?", call.write_id)
            raise
    raise AssertionError("the last time ends in an answer or in doubt")


REPEAT = "repeat the request with the same Idempotency-Key: what was written is then found"


def _looked_for(call: ActionContext, write: Write, began: datetime) -> Json | None:
    try:
        for pause in call.services.pauses:
            call.deadline.rest(pause)
            if found := write.look(began):
                return noted(call, found)
    except ServiceTitanError as error:
        detail = f"the write may have been carried out, and looking failed ({error}); {REPEAT}"
        raise Problem("in_doubt", detail) from None
    return None


def _begin(call: ActionContext, resource: Resource) -> datetime:
    """The moment of the first attempt."""
    store, insert = call.services.store, "insert into servicetitan_writes (write_id, tenant_id, resource, began_at)"
    values = (call.write_id, call.tenant.id, resource.path, stamp(call.now()))
    store.write(f"{insert} values (?, ?, ?, ?) on conflict do nothing", *values)
    row = store.row("select began_at from servicetitan_writes where write_id = ?", call.write_id)
    assert row is not None
    return moment(row["began_at"])


def of_other_writes(call: ActionContext, resource: Resource) -> set[int]:
    """Ids of records that are known to have come of other writes than this one."""
    known = "select record_id from servicetitan_writes where tenant_id = ? and resource = ? and write_id != ?"
    rows = call.services.store.rows(known, call.tenant.id, resource.path, call.write_id)
    return {row["record_id"] for row in rows}


def noted(call: ActionContext, record: Json) -> Json:
    call.services.store.write(
        "update servicetitan_writes set record_id = ? where write_id = ?", record.get("id"), call.write_id
    )
    return record
