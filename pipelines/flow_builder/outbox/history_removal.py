"""0.1.0 kept a row for each transition of a baseline; the log says it. They are taken out, step by step.

Cut off at any moment, it goes on with the next sync. A row stays whose transition is no baseline in the log:
``sync --start-over`` of 0.1.0 wrote the same for others, which would be news without it.
"""

import json
from contextlib import suppress
from pathlib import Path
from shutil import disk_usage

from pipelines.flow_builder.failpoints import failpoint
from pipelines.flow_builder.statuses import Status
from pipelines.flow_builder.transition_log import TransitionLog
from pipelines.operations import Connection, OperationsError, Place, transaction

STEP = 20_000  # rows; so that nobody waits for the file for long
WORTH_IT = 0.5  # of the file is empty: to write the rest anew takes less than what is gained
PAGES = ("page_count", "freelist_count", "page_size")
BEGUN = "select sequence from history_removal"
ROWS = f"""
    select sequence, transition_id from deliveries indexed by deliveries_status
    where status = '{Status.NOT_SENT}' and reason = 'baseline' and sequence > ? order by sequence limit {STEP}
"""
REMOVE = f"""
    delete from deliveries
    where webhook_id in (select value from json_each(?)) and status = '{Status.NOT_SENT}' and reason = 'baseline'
"""


def remove_history(log: TransitionLog, con: Connection, operations: Place) -> None:
    """After the enqueue, which it must not delay. Without rows of 0.1.0 it is one question."""
    while begun := con.execute(BEGUN).fetchone():
        rows = con.execute(ROWS, begun).fetchall()
        if not rows:
            return give_back(con, operations)
        past = log.baseline_among([transition_id for _, transition_id in rows])
        with transaction(con):
            con.execute(REMOVE, [json.dumps(past)])
            con.execute("update history_removal set sequence = ?", [rows[-1][0]])
            failpoint("history.removed")
        failpoint("history.committed")
    return None


def give_back(con: Connection, operations: Place) -> None:
    """The room to the disk, where it is much and there is room to do it. What stays is filled by rows to come."""
    if isinstance(operations, Path) and not con.is_shared:
        pages, free, size = (int(con.execute(f"pragma {name}").fetchone()[0]) for name in PAGES)
        room = disk_usage(operations.parent).free
        if free > WORTH_IT * pages and room > 2 * (pages - free) * size:
            with suppress(OperationsError):  # locked for long, or a full disk for temporary files
                con.execute("vacuum")
                con.execute("pragma wal_checkpoint(truncate)")
    failpoint("history.given_back")
    with transaction(con):
        con.execute("delete from history_removal")
