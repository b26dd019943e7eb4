"""Contact data that nobody needs any more: bodies that were sent, and what was answered to them.

The rows stay, so that nothing is sent twice and everybody's history can be told.
"""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.operations.database import open_operations, stamp, transaction

DELETE_BATCH = 1000  # so that nobody waits for the file for long

FINISHED = """
    body is not null
    and status in ('delivered', 'dead', 'not_sent', 'canceled')
    and next_attempt_at is null
    and max(created_at, ifnull(delivered_at, '')) < :before
"""
ANSWERED = "answer is not null and ended_at < :before"


@dataclass(frozen=True)
class Forgotten:
    """How many were blanked."""

    bodies: int
    answers: int


def forget_contact_data(operations: Path, now: datetime, days: int) -> Forgotten:
    """Of deliveries that came to their end so many days ago. No file yet: nothing."""
    if not operations.exists():
        return Forgotten(0, 0)
    before = stamp(now - timedelta(days=days))
    with open_operations(operations) as con:
        con.execute("pragma secure_delete = on")  # SQLite would leave the old bytes in the file
        bodies = blank(con, "deliveries", "sequence", "body", FINISHED, before)
        answers = blank(con, "attempts", "attempt_id", "answer", ANSWERED, before)
        con.execute("pragma wal_checkpoint")
    return Forgotten(bodies, answers)


def blank(con: sqlite3.Connection, table: str, key: str, column: str, condition: str, before: str) -> int:
    """Looked for without the write lock, and asked again with it."""
    found = con.execute(f"select {key} from {table} where {condition}", {"before": before}).fetchall()
    keys = [value for (value,) in found]
    update = f"update {table} set {column} = null where {key} in (select value from json_each(:keys)) and {condition}"
    blanked = 0
    for start in range(0, len(keys), DELETE_BATCH):
        some = json.dumps(keys[start : start + DELETE_BATCH])
        with transaction(con):
            blanked += con.execute(update, {"keys": some, "before": before}).rowcount
    return blanked
