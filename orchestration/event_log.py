"""Dagster's event log: one SQLite file, over connections that stay open.

Dagster's own class opens and closes the file for every event, and each close writes the log back into the file: 14 ms
of CPU an event, and a run has some two hundred. An event that a power cut takes away costs nobody an e-mail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from sqlite3 import Connection as SqliteConnection
from typing import Any

from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, create_engine, event


class EventLog(ConsolidatedSqliteEventLogStorage):
    @cached_property
    def _engine(self) -> Engine:
        engine = create_engine(self._conn_string, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
        event.listen(engine, "connect", without_waiting_for_the_disk)
        return engine

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin():
            yield connection

    def dispose(self) -> None:
        super().dispose()  # type: ignore[no-untyped-call]
        self._engine.dispose()


def without_waiting_for_the_disk(connection: SqliteConnection, _record: Any) -> None:
    connection.execute("pragma synchronous = normal")
