"""States that were set by hand."""

from datetime import datetime
from typing import NamedTuple

from pipelines.operations import Connection, moment, stamp

COLUMNS = "tenant_id, id, customer_id, to_state, job_id, reason, set_by, set_at, start_flow"
INSERT = f"insert into state_updates ({COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing"
BY_ID = f"select {COLUMNS} from state_updates where id = ?"
NEWEST = f"""
select {COLUMNS} from state_updates where tenant_id = ? and customer_id = ? order by set_at desc, id limit 1
"""
ALL = f"select {COLUMNS} from state_updates order by tenant_id, id"


class SetState(NamedTuple):
    """As `COLUMNS`. ``start_flow``: whether the state's flow starts."""

    tenant_id: int
    id: str
    customer_id: int
    to_state: float
    job_id: int | None
    reason: str | None
    set_by: str | None
    set_at: datetime
    start_flow: bool = True


def add(con: Connection, update: SetState) -> SetState:
    """The first one under its id stands, and is given."""
    con.execute(INSERT, (*update[:-2], stamp(update.set_at), update.start_flow))
    [stands] = _read(con, BY_ID, update.id)
    return stands


def find(con: Connection, update_id: str) -> SetState | None:
    return next(iter(_read(con, BY_ID, update_id)), None)


def newest(con: Connection, tenant_id: int, customer_id: int) -> SetState | None:
    return next(iter(_read(con, NEWEST, tenant_id, customer_id)), None)


def rows(con: Connection) -> list[SetState]:
    return _read(con, ALL)


def last_stamp(con: Connection) -> str:
    """When the newest was set; empty: none was."""
    return con.execute("select max(set_at) from state_updates").fetchone()[0] or ""


def _read(con: Connection, query: str, *values: str | int) -> list[SetState]:
    found = con.execute(query, values).fetchall()
    return [SetState(*row)._replace(set_at=moment(row[-2]), start_flow=bool(row[-1])) for row in found]
