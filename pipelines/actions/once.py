"""A write to ServiceTitan, which knows no idempotency keys: never repeated blindly.

Before the first byte is sent, the write stands in ``servicetitan_writes``. Where nothing tells what became of it, it is
looked for; only where it is not there it is sent once more.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pipelines.actions.office import Call, Resource
from pipelines.actions.problems import Problem
from pipelines.operations import moment, stamp
from pipelines.servicetitan.client import Json, OutcomeUnknown, TooBusy
from pipelines.servicetitan.errors import ServiceTitanError

# Seconds before each look: a server that lost the connection may still be at work.
PAUSES = (0.0, 0.5, 2.0)


@dataclass(frozen=True)
class Write:
    """``look`` gives the record if the write was carried out since the given moment, else None."""

    resource: Resource
    send: Callable[[], Json]
    look: Callable[[datetime], Json | None]


def write_once(call: Call, write: Write, sleep: Callable[[float], None] = time.sleep) -> Json:
    """The record. Raises `ServiceTitanError` where nothing was written, and where that is unknown, `Problem`."""
    began = _begun_before(call)
    if began and (found := _looked_for(write, began)):
        return _noted(call, found)
    began = began or _begin(call, write.resource)
    for last in (False, True):
        try:
            return _noted(call, write.send())
        except OutcomeUnknown as unknown:
            for pause in PAUSES:
                sleep(pause)
                if found := _looked_for(write, began):
                    return _noted(call, found)
            if unknown.busy is not None:
                raise TooBusy(str(unknown), unknown.busy) from None
            if last:
                raise Problem("in_doubt", f"{unknown}, twice; {REPEAT}") from None
    raise AssertionError("the last time ends in an answer or in doubt")


REPEAT = "repeat the request with the same Idempotency-Key: what was written is then found"


def _looked_for(write: Write, began: datetime) -> Json | None:
    try:
        return write.look(began)
    except ServiceTitanError as error:
        raise Problem(
            "in_doubt", f"the write may have been carried out, and looking failed ({error}); {REPEAT}"
        ) from None


def _begun_before(call: Call) -> datetime | None:
    row = call.office.store.row("select began_at from servicetitan_writes where write_id = ?", call.write_id)
    return moment(row["began_at"]) if row else None


def _begin(call: Call, resource: Resource) -> datetime:
    began = call.now()
    call.office.store.write(
        "insert into servicetitan_writes (write_id, tenant_id, resource, began_at) values (?, ?, ?, ?)",
        call.write_id,
        call.tenant.id,
        resource.path,
        stamp(began),
    )
    return began


def _noted(call: Call, record: Json) -> Json:
    call.office.store.write(
        "update servicetitan_writes set record_id = ? where write_id = ?", record.get("id"), call.write_id
    )
    return record
