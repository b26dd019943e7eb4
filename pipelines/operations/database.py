"""The operations store: what the product must remember and cannot derive again, in a SQLite file or in PostgreSQL.

Each file of ``migrations/`` is applied once, in the order of its number; ``migrations/postgres`` says the same for
PostgreSQL, from 020 on, where its tables begin.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.operations.connection import Connection, OperationsError
from pipelines.operations.sqlite import PATIENCE, SqliteConnection, connect, refuse
from pipelines.settings.place import Place, PostgresUrl

if TYPE_CHECKING:
    from pipelines.operations.postgres import PostgresConnection

EXTRA = "psycopg is missing; run `pip install 'servicetitan-flow[postgres]'`, or leave OPERATIONS_URL empty"


def stamp(moment: datetime) -> str:
    """A moment as the store keeps it: UTC, always 27 characters, so that text sorts as time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@contextmanager
def open_operations(place: Place, patience: float = PATIENCE) -> Iterator[Connection]:
    """A connection in autocommit: group writes by `transaction`. Raises `OperationsError`."""
    if isinstance(place, Path):
        place.parent.mkdir(parents=True, exist_ok=True)
    with connected(place, patience) as con:
        con.migrate()
        yield con


@contextmanager
def look_into(place: Place) -> Iterator[Connection]:
    """The store as it is: nothing is made, and nothing brought up to date. Raises `OperationsError`."""
    with connected(place, PATIENCE) as con:
        yield con


@contextmanager
def connected(place: Place, patience: float) -> Iterator["SqliteConnection | PostgresConnection"]:
    if isinstance(place, PostgresUrl):
        with closing(postgres(place, patience)) as con:
            yield con
    else:
        with sqlite(place, patience) as con:
            yield con


@contextmanager
def sqlite(path: Path, patience: float) -> Iterator[SqliteConnection]:
    with closing(connect(path, patience)) as con:
        try:
            yield con
        except sqlite3.DatabaseError as error:  # of a row that was fetched
            refuse(error, path)
            raise


def postgres(url: PostgresUrl, patience: float) -> "PostgresConnection":
    try:
        from pipelines.operations.postgres import PostgresConnection
    except ImportError:
        raise OperationsError(f"{url}: {EXTRA}") from None
    return PostgresConnection(url, patience)


@contextmanager
def snapshot(con: Connection) -> Iterator[Connection]:
    """All that is read within is of one moment."""
    con.begin(snapshot=True)
    try:
        yield con
    finally:
        con.rollback()


@contextmanager
def transaction(con: Connection, *alone: str, beside: tuple[str, ...] = ()) -> Iterator[Connection]:
    """All or nothing. On SQLite alone; on PostgreSQL alone with what has these names, ``beside``: with others who are
    beside them, too."""
    con.begin()
    try:
        con.lock(*beside, shared=True)
        con.lock(*alone)
        yield con
        con.commit()
    except BaseException:
        con.rollback()
        raise
