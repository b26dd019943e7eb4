"""Back-ups of what cannot be derived again: the warehouse, with the log of transitions, and ``operations.sqlite``. What
is in PostgreSQL is backed up there.

The warehouse is copied first and under its lock, so that the outbox is never older than the log: it then knows every
transition that the log knows, and none of them is taken for news. The analysts' copy is published again by a sync.
"""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import duckdb

from pipelines.disk import flush
from pipelines.operations.database import open_operations, stamp
from pipelines.operations.sqlite import SqliteConnection, connect
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse

MANIFEST = "backup.json"
WAREHOUSE = "warehouse.duckdb"
OPERATIONS = "operations.sqlite"
CHUNK = 1 << 20
# What SQLite 3.40 says of each row of a table without rowid, where a column stands between those of the key.
FALSE_ALARM = "NULL value in "


class BackupError(Exception):
    """A back-up cannot be made or put back; the message says what to do."""


@dataclass(frozen=True)
class Copied:
    """One file of a back-up."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Backup:
    """What `MANIFEST` says; ``files`` by their names. ``secrets_key``: the fingerprint of the key that opens what is
    stored encrypted, and is not part of it."""

    made_at: str
    release: str
    files: dict[str, Copied]
    secrets_key: str | None = None


def back_up(settings: Settings, folder: Path, now: datetime) -> Backup:
    """Into a new folder, which is there when all of it is. The caller holds the warehouse.

    Raises `BackupError` and `pipelines.operations.OperationsError`.
    """
    refuse_what_is_there(folder)
    operations = settings.operations if isinstance(settings.operations, Path) else None
    sources = [settings.warehouse, *([operations] if operations else [])]
    for source in sources:
        if not source.exists():
            raise BackupError(f"{source} is not there: there is nothing to back up before the first sync")
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    fresh.mkdir(parents=True, mode=0o700)
    try:
        need_room(fresh, sum(source.stat().st_size for source in sources))
        copy_warehouse(settings.warehouse, fresh / WAREHOUSE)
        if operations:
            copy_operations(operations, fresh / OPERATIONS)
        files = {name: mark(fresh / name) for name in (WAREHOUSE, OPERATIONS) if (fresh / name).exists()}
        key = next(iter(settings.key_fingerprints), None)
        made = Backup(stamp(now), version("servicetitan-flow"), files, key)
        (fresh / MANIFEST).write_text(json.dumps(asdict(made), indent=2) + "\n")
        for path in [*fresh.iterdir(), fresh]:
            flush(path)
        fresh.replace(folder)
        flush(folder.parent)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return made


def refuse_what_is_there(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupError(f"{folder} is not empty; name a folder that is new, such as {folder}-2")


def need_room(folder: Path, needed: int) -> None:
    if (free := shutil.disk_usage(folder).free) < needed:
        raise BackupError(
            f"{folder.parent} has room for {free:,} bytes, and {needed:,} are needed; make room, or name another disk"
        )


def copy_warehouse(source: Path, target: Path) -> None:
    copy_file(source, target)
    check_warehouse(target)


def copy_file(source: Path, target: Path) -> None:
    """Checkpointed and closed, a warehouse is whole without its log."""
    with open_warehouse(source) as con:
        con.execute("checkpoint")
    shutil.copyfile(source, target)


def copy_operations(source: Path, target: Path) -> None:
    """As it is at one moment, while others go on writing."""
    with open_operations(source) as con, closing(connect(target)) as copy:
        assert isinstance(con, SqliteConnection)
        con.backup(copy)
        copy.execute("pragma journal_mode = delete")  # one file, without companions
    check_operations(target)


def check_warehouse(path: Path) -> None:
    """Every table can be opened and counted."""
    try:
        with open_warehouse(path, read_only=True) as con:
            tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            for schema, table in tables:
                con.execute(f'select count(columns(*)) from "{schema}"."{table}"').fetchall()
    except duckdb.Error as error:
        raise BackupError(f"{path}: {error}; this copy cannot be used") from None


def check_operations(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as con:
            lines = [line for (line,) in con.execute("pragma quick_check")]
    except sqlite3.DatabaseError as error:
        lines = [str(error)]
    if wrong := [line for line in lines if line != "ok" and not line.startswith(FALSE_ALARM)]:
        raise BackupError(f"{path}: {wrong[0]}; this copy cannot be used")


def mark(path: Path) -> Copied:
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return Copied(path.stat().st_size, digest.hexdigest())
