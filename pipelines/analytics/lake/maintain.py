"""What the lake forgets, and what is put together: once a night is enough, whichever shard does it.

Never ``cleanup_all``: it takes away the files of a publication that is under way, whose table nobody can read then.
"""

import random
import time
from datetime import datetime, timedelta

import duckdb

from pipelines.analytics.lake.connection import LAKE, MAX_TRIES, is_conflict

SNAPSHOTS = timedelta(days=7)  # for how long people may look back
FILES = timedelta(days=1)  # a file that nothing names any more: whoever reads or writes it is long done
OFTEN = timedelta(hours=20)
MAINTAINED = "main.maintained"
OPTIONS = {"expire_older_than": "7 days", "delete_older_than": "1 day"}  # what `checkpoint` goes by, too


def maintain(con: duckdb.DuckDBPyConnection, now: datetime, *, only_if_due: bool = False) -> dict[str, int] | None:
    """Counts of what was done; None where somebody did it in the last hours, and it is done ``only_if_due``.

    ``con`` uses the lake. Publications and readers go on beside it; DuckDB's error where one of them got in its way.
    """
    if only_if_due and _was_done(con, now - OFTEN):
        return None
    for option, value in OPTIONS.items():
        con.execute(f"call {LAKE}.set_option('{option}', '{value}')")
    expired = _rows(con, f"call ducklake_expire_snapshots('{LAKE}', older_than => $1)", now - SNAPSHOTS)
    removed = _rows(con, f"call ducklake_cleanup_old_files('{LAKE}', older_than => $1)", now - FILES)
    orphans = _rows(con, f"call ducklake_delete_orphaned_files('{LAKE}', older_than => $1)", now - FILES)
    _checkpoint(con)  # does these once more, and puts files together
    con.execute(f"create or replace table {MAINTAINED} as select $1::timestamptz as maintained_at", [now])
    return {"snapshots expired": expired, "files removed": removed, "orphaned files removed": orphans}


def _checkpoint(con: duckdb.DuckDBPyConnection) -> None:
    for tries in range(1, MAX_TRIES + 1):
        try:
            con.execute(f"checkpoint {LAKE}")
            return
        except duckdb.Error as error:
            if not is_conflict(error) or tries == MAX_TRIES:
                raise
            time.sleep(random.uniform(0, tries))


def _was_done(con: duckdb.DuckDBPyConnection, since: datetime) -> bool:
    try:
        return con.execute(f"select 1 from {MAINTAINED} where maintained_at > $1", [since]).fetchone() is not None
    except duckdb.CatalogException:
        return False


def _rows(con: duckdb.DuckDBPyConnection, statement: str, older_than: datetime) -> int:
    return len(con.execute(statement, [older_than]).fetchall())
