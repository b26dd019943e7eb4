"""Dagster's event log: one SQLite file, over connections that stay open, which keeps what is of use.

Dagster's own class opens and closes the file up to three times an event, and each close writes the log back into the
file: 14 ms of CPU an event, and a run has some two hundred. Here an event is one transaction, of statements that are
compiled once. An event that a power cut takes away costs nobody an e-mail.

No check is ever planned, so that each shows what it last came to. A run that has succeeded leaves its results and no
bookkeeping; one that found nothing, once the next has succeeded, hardly anything. What is older goes later, by
`orchestration.instance.prune`. `orchestration.postgres_storage` does the same on PostgreSQL.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from dagster import DagsterEventType as Type
from dagster import EventLogEntry
from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetKeyTable as Assets
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable as Events
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine.interfaces import DBAPIConnection

from orchestration.instance.run_details import is_kept, keep_what_is_of_use

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

    @cached_property
    def _tables(self) -> set[str]:
        return set(inspect(self._engine).get_table_names())

    def has_table(self, table_name: str) -> bool:
        return table_name in self._tables

    def store_event(self, event: EventLogEntry) -> None:
        self.store_event_batch([event])

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        kept = [one for one in events if is_kept(one)]
        with self._connect() as con:
            ids = [self._insert(con, one) for one in kept]
        for one, event_id in zip(kept, ids, strict=True):
            if one.dagster_event_type == Type.ASSET_CHECK_EVALUATION:
                self.store_asset_check_event(one, event_id)
            keep_what_is_of_use(self, one)

    def _insert(self, con: Connection, event: EventLogEntry) -> int:
        event_id = int(con.execute(Events.insert(), self._event_to_row(event)).lastrowid)
        if event.dagster_event_type in ASSET_EVENTS and (key := event.get_dagster_event().asset_key):
            self._store_asset_event_tags(con, [event], [event_id])
            if values := self._get_asset_entry_values(event, event_id, has_asset_key_index_cols=True):
                new = insert(Assets)
                newer = new.on_conflict_do_update(["asset_key"], set_={name: new.excluded[name] for name in values})
                con.execute(newer, {"asset_key": key.to_string(), **values})
        return event_id

    def dispose(self) -> None:
        super().dispose()  # type: ignore[no-untyped-call]
        self._engine.dispose()


def configure(connection: DBAPIConnection, _record: Any) -> None:
    """Without waiting for the disk."""
    cursor = connection.cursor()
    cursor.execute("pragma synchronous = normal")
    cursor.execute(f"pragma journal_size_limit = {LARGEST_JOURNAL}")
    cursor.close()
