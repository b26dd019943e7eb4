"""A back-up put in place. What may have been told since it was made is not told again without a person's word."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.disk import flush
from pipelines.operations.backup import (
    MANIFEST,
    OPERATIONS,
    WAREHOUSE,
    Backup,
    BackupError,
    Copied,
    check_operations,
    check_warehouse,
    mark,
    need_room,
)
from pipelines.operations.connection import Connection
from pipelines.operations.database import open_operations, transaction
from pipelines.operations.sqlite import SqliteConnection
from pipelines.settings import Settings
from pipelines.settings.place import Place

COMPANIONS = {WAREHOUSE: [".wal"], OPERATIONS: ["-wal", "-shm"]}
IN_USE = "{path} is in use: end what runs (servicetitan-flow up, serve, dagster; anybody's DuckDB), then run this again"


@dataclass(frozen=True)
class Restoration:
    """``made_at``: when the back-up was."""

    at: datetime
    made_at: str


# What a room does with its tables of a back-up; gives how much of it waits for a person from then on.
Room = Callable[[Connection, Restoration], int]


@dataclass(frozen=True)
class Restored:
    """``waiting``: how much of what waits for a person; ``aside``: where the files went that were there;
    ``secrets_key``: as `Backup` has it."""

    made_at: str
    waiting: Mapping[str, int]
    aside: list[Path]
    secrets_key: str | None = None


def restore(
    settings: Settings, folder: Path, now: datetime, rooms: Mapping[str, Room], replace: bool = False
) -> Restored:
    """The caller holds the warehouse. Cut off at any moment, it can be run again. ``rooms``: by what they hold.

    Raises `BackupError`, and `pipelines.operations.OperationsError` for a back-up of a newer release.
    """
    backup = read_manifest(folder)
    targets = {WAREHOUSE: settings.warehouse, OPERATIONS: settings.operations_file}
    refuse_another_store(settings, folder, backup)
    targets = {name: path for name, path in targets.items() if name in backup.files}
    there = [path for path in targets.values() if path.exists()]
    if there and not replace:
        raise BackupError(f"{there[0]} is there already; with --replace it is moved aside, and kept")
    refuse_if_in_use(settings)
    fresh = {name: path.with_name(f"{path.name}.{os.getpid()}.tmp") for name, path in targets.items()}
    try:
        for name, path in fresh.items():
            fetch(folder / name, path, backup.files[name])
        check_warehouse(fresh[WAREHOUSE])
        operations: Place = settings.operations
        if OPERATIONS in fresh:
            operations = fresh[OPERATIONS]
            check_operations(fresh[OPERATIONS])
        waiting = hold_what_is_on_its_way(operations, Restoration(now, backup.made_at), rooms)
        aside = [kept for name, path in targets.items() for kept in move_aside(name, path, now)]
        for name in sorted(targets):  # cut off in between, the outbox holds what the newer log has for it
            fresh[name].replace(targets[name])
            flush(targets[name].parent)
    finally:
        for path in fresh.values():
            path.unlink(missing_ok=True)
    return Restored(backup.made_at, waiting, aside, backup.secrets_key)


def read_manifest(folder: Path) -> Backup:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text())
        files = {name: Copied(**told) for name, told in manifest["files"].items()}
        files = {WAREHOUSE: files[WAREHOUSE], **files}
        return Backup(manifest["made_at"], manifest["release"], files, manifest.get("secrets_key"))
    except FileNotFoundError:
        raise BackupError(f"{path} is not there; name a folder that `servicetitan-flow backup` made") from None
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{path} cannot be read ({error}); take another back-up") from None


def refuse_another_store(settings: Settings, folder: Path, backup: Backup) -> None:
    """What is in PostgreSQL is put back there; here the warehouse alone."""
    if isinstance(settings.operations, Path) and OPERATIONS not in backup.files:
        raise BackupError(
            f"{folder} has the warehouse alone: it was made with OPERATIONS_URL; set it, then run this again"
        )
    if not isinstance(settings.operations, Path) and OPERATIONS in backup.files:
        raise BackupError(
            f"{folder} has an {OPERATIONS}, and OPERATIONS_URL is set: restore it without, then move it with"
            " `servicetitan-flow operations copy`"
        )


def refuse_if_in_use(settings: Settings) -> None:
    """A file that is broken is nobody's: it may be replaced."""
    if settings.operations_file.exists():
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(settings.operations_file, timeout=0)) as con:
            try:
                mode = con.execute("pragma journal_mode = delete").fetchone()  # granted to the only one who has it open
            except sqlite3.OperationalError as error:
                mode = (str(error),) if "locked" in str(error) else ("delete",)
            if mode != ("delete",):
                raise BackupError(IN_USE.format(path=settings.operations_file))
    if settings.warehouse.exists():
        try:
            duckdb.connect(settings.warehouse).close()
        except duckdb.Error as error:
            if "Could not set lock" in str(error):
                raise BackupError(IN_USE.format(path=settings.warehouse)) from None


def fetch(source: Path, target: Path, told: Copied) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not source.exists():
        raise BackupError(f"{source} is not there; take another back-up")
    need_room(target.parent, told.bytes)
    shutil.copyfile(source, target)
    if mark(target) != told:
        raise BackupError(f"{source} is not as it was when the back-up was made; take another back-up")
    flush(target)


def hold_what_is_on_its_way(operations: Place, restoration: Restoration, rooms: Mapping[str, Room]) -> dict[str, int]:
    with open_operations(operations) as con:
        with transaction(con):
            waiting = {what: hold(con, restoration) for what, hold in rooms.items()}
        if isinstance(con, SqliteConnection):
            con.execute("pragma journal_mode = delete")
    return waiting


def move_aside(name: str, path: Path, now: datetime) -> list[Path]:
    """Beside itself, under a name by which it can still be opened."""
    if not path.exists():
        return []
    aside = path.with_name(f"{path.stem}.before-{now:%Y-%m-%dT%H-%M-%SZ}{path.suffix}")
    for companion in COMPANIONS[name]:
        if (beside := Path(f"{path}{companion}")).exists():
            beside.replace(f"{aside}{companion}")
    path.replace(aside)
    return [aside]
