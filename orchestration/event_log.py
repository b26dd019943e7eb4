"""Dagster's event log: one SQLite file, over connections that stay open, which keeps what is of use.

Dagster's own class opens and closes the file for every event, and each close writes the log back into the file: 14 ms
of CPU an event, and a run has some two hundred. An event that a power cut takes away costs nobody an e-mail.

A run that has ended leaves no check as planned, so that each shows what it last came to. One that has succeeded leaves
its results and no bookkeeping; one that found nothing, once the next has succeeded, hardly anything.
`orchestration.instance.prune` forgets more, later.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from dagster import DagsterEventType, EventLogEntry
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError

from orchestration.instance.run_details import (
    forget_bookkeeping,
    forget_unanswered,
    last_results,
    leave_outline,
    previous_success,
    with_news,
)

ENDS = {DagsterEventType.RUN_SUCCESS, DagsterEventType.RUN_FAILURE, DagsterEventType.RUN_CANCELED}
LARGEST_JOURNAL = 16 * 2**20  # bytes, of the write-ahead log between checkpoints


class EventLog(ConsolidatedSqliteEventLogStorage):
    @cached_property
    def _engine(self) -> Engine:
        engine = create_engine(self._conn_string, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
        event.listen(engine, "connect", configure)
        return engine

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin():
            yield connection

    def store_event(self, event: EventLogEntry) -> None:
        super().store_event(event)
        if event.dagster_event_type in ENDS:
            try:
                self.keep_what_is_of_use(event.run_id, event.dagster_event_type == DagsterEventType.RUN_SUCCESS)
            except DBAPIError as error:  # the run has ended all the same
                logging.getLogger(__name__).warning("events of run %s stay as they are: %s", event.run_id, error)

    def keep_what_is_of_use(self, run_id: str, succeeded: bool) -> None:
        with self._connect() as con:
            forget_unanswered(con, run_id)
            if not succeeded:
                return
            forget_bookkeeping(con, run_id)
            before = previous_success(con, run_id)
            if before and not with_news(con, [before]):
                leave_outline(con, [before], last_results(con))

    def dispose(self) -> None:
        super().dispose()  # type: ignore[no-untyped-call]
        self._engine.dispose()


def configure(connection: DBAPIConnection, _record: Any) -> None:
    """Without waiting for the disk."""
    cursor = connection.cursor()
    cursor.execute("pragma synchronous = normal")
    cursor.execute(f"pragma journal_size_limit = {LARGEST_JOURNAL}")
    cursor.close()
