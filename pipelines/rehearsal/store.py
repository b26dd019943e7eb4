"""Rehearsals as the operations store keeps them, for thirty days."""

from datetime import datetime, timedelta

import msgspec

from pipelines.operations import Connection, Place, look_into, moment, open_operations, stamp, transaction
from pipelines.rehearsal.result import Rehearsal

KEPT = timedelta(days=30)
ADD = """
    insert into rehearsals (tenant_id, made_at, begins_at, ends_at, rules, mails, withheld, result)
    values (?, ?, ?, ?, ?, ?, ?, ?) returning rehearsal_id
"""
NEWEST = """
    select rehearsal_id, made_at from rehearsals
    where tenant_id = ? and rules is null order by made_at desc, rehearsal_id desc limit 1
"""
PREVIEWS = """
    select made_at, result from rehearsals
    where tenant_id = ? and rules = ? order by made_at desc, rehearsal_id desc limit 5
"""


def keep(operations: Place, found: Rehearsal, now: datetime) -> int:
    """Its number."""
    window = stamp(found.begins_at), stamp(found.ends_at)
    counts = len(found.started), len(found.withheld)
    row = (found.tenant_id, stamp(now), *window, found.rules, *counts, msgspec.json.encode(found).decode())
    forget(operations, now)
    with open_operations(operations) as con, transaction(con):
        ((number,),) = con.execute(ADD, row).fetchall()
    return int(number)


def read(operations: Place, number: int) -> Rehearsal | None:
    with open_operations(operations) as con:
        row = con.execute("select result from rehearsals where rehearsal_id = ?", [number]).fetchone()
    return msgspec.json.decode(row[0], type=Rehearsal) if row else None


def newest(con: Connection, tenant_id: int) -> tuple[int, datetime] | None:
    """Its number, and when it was made; of the rules in force, for previews of others do not count."""
    row = con.execute(NEWEST, [tenant_id]).fetchone()
    return (row[0], moment(row[1])) if row else None


def of_rules(con: Connection, tenant_id: int, file_name: str, rules_version: str) -> tuple[datetime, Rehearsal] | None:
    """The newest preview of just these rules, and when it was made."""
    for made_at, result in con.execute(PREVIEWS, [tenant_id, file_name]):
        found = msgspec.json.decode(result, type=Rehearsal)
        if found.rules_version == rules_version:
            return moment(made_at), found
    return None


def forget(operations: Place, now: datetime) -> int:
    """Those that are too old; how many. No file yet, or one of before: none."""
    if not operations.exists():
        return 0
    with look_into(operations) as con:
        if not con.has_table("rehearsals"):
            return 0
        return con.execute("delete from rehearsals where made_at < ?", [stamp(now - KEPT)]).rowcount
