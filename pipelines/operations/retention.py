"""Contact data that nobody needs any more: each room says which of its own that is."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from pipelines.operations.connection import Connection
from pipelines.operations.database import open_operations, stamp, transaction
from pipelines.operations.sqlite import SqliteConnection
from pipelines.settings.place import Place

DELETE_BATCH = 1000  # so that nobody waits for the file for long

# What a room forgets of its tables that is from before a moment, and how much of what it was.
Forget = Callable[[Connection, str], Counter[str]]


def forget_contact_data(operations: Place, now: datetime, days: int, rooms: Iterable[Forget]) -> Counter[str]:
    """Of what came to its end so many days ago. No file yet: nothing."""
    forgotten = Counter[str]()
    if not operations.exists():
        return forgotten
    with open_operations(operations) as con:
        if isinstance(con, SqliteConnection):
            con.execute("pragma secure_delete = on")  # SQLite would leave the old bytes in the file
        for forget in rooms:
            forgotten += forget(con, stamp(now - timedelta(days=days)))
        if isinstance(con, SqliteConnection):
            con.execute("pragma wal_checkpoint")
    return forgotten


def blank(con: Connection, table: str, key: str, column: str, condition: str, before: str) -> int:
    """Looked for without the write lock, and asked again with it."""
    found = con.execute(f"select {key} from {table} where {condition}", {"before": before}).fetchall()
    keys = [value for (value,) in found]
    among = f"{key} in (select cast(value as bigint) from json_each(:keys))"
    update = f"update {table} set {column} = null where {among} and {condition}"
    blanked = 0
    for start in range(0, len(keys), DELETE_BATCH):
        some = json.dumps(keys[start : start + DELETE_BATCH])
        with transaction(con):
            blanked += con.execute(update, {"keys": some, "before": before}).rowcount
    return blanked
