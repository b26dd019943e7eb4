"""The files that hold Dagster's records, where they are SQLite's: a file does not shrink when rows go. PostgreSQL uses
anew what rows leave, and its own vacuum sees to that."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.storage.runs import SqliteRunStorage
from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.exc import OperationalError

FILES = ("event_log.db", "history/runs.db", "schedules/schedules.db")
WORTH_IT = 8 * 2**20  # bytes to be won, and at least a fifth of the file
PATIENCE = 30.0  # seconds, for those who write


def room_taken(instance: dg.DagsterInstance) -> int:
    """Bytes in use; pages that are free will be used again."""
    return sum(pages(path)[0] for path in files(instance))


def give_back_room(instance: dg.DagsterInstance) -> None:
    """Held up or without room for the copy, it is for the next time."""
    for path in files(instance):
        used, free = pages(path)
        if free < max(WORTH_IT, used / 4):
            continue
        try:
            with opened(path) as con:
                con.exec_driver_sql("vacuum")
                con.exec_driver_sql("pragma wal_checkpoint(truncate)")
        except OperationalError as error:
            logging.getLogger(__name__).warning("%s keeps %s free bytes: %s", path, f"{free:,}", error.orig)


def files(instance: dg.DagsterInstance) -> Iterator[Path]:
    """Those that are there: somebody may keep Dagster's records elsewhere, and files of before lie here still."""
    home = Path(instance.root_directory)
    if isinstance(instance.run_storage, SqliteRunStorage):
        yield from (home / name for name in FILES if (home / name).exists())


@contextmanager
def opened(path: Path) -> Iterator[Connection]:
    """In autocommit."""
    wait = {"timeout": PATIENCE}
    engine = create_engine(f"sqlite:///{path}", isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args=wait)
    with engine.connect() as con:
        yield con


def pages(path: Path) -> tuple[int, int]:
    """Bytes in use, and free."""
    with opened(path) as con:
        size, count, free = (
            int(con.exec_driver_sql(f"pragma {what}").scalar_one())
            for what in ("page_size", "page_count", "freelist_count")
        )
    return size * (count - free), size * free
