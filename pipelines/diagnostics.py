"""What goes wrong outside of our hands, in the words of other programs, and the way out of it."""

import errno
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

ROOM = "make room on the disk, then run this again; nothing was lost"
REPLACE = (
    "put a back-up in its place; or move it away: the next sync then loads everything anew, and what happened since the"
    " last one is not sent"
)
DAMAGED = "|".join(
    [
        "is not a valid DuckDB database file",
        "Corrupt database file",
        "Could not read enough bytes from file",
        'extension "sqlite_scanner"',  # DuckDB would read a file of SQLite's by this
        "Serialization Error",
    ]
)
LOCKED = re.compile(r'Could not set lock on file "(?P<path>[^"]+)".*?\((?P<process>PID \d+)\)', re.DOTALL)
FULL = re.compile("No space left on device|disk is full|Disk quota exceeded|File too large|Could not write all bytes")
A_FILE_OF_DUCKDB = re.compile(r'The file "(?P<path>[^"]+)" exists, but')
A_FOLDER = re.compile(r'"(?P<path>[^"]+)": Is a directory')
READ_ONLY = re.compile("readonly database|read-only database")
NOT_ALLOWED = re.compile(r'(?P<path>/[^"\n]+)"?: Permission denied')
A_FILE = (NotADirectoryError, FileExistsError)


class KnownError(Exception):
    """Says what went wrong with which file, and the way out."""


def known_error(error: BaseException, warehouse: Path) -> KnownError | None:
    """None where it is an error of another kind; ``warehouse`` is the DuckDB file that was in use."""
    errors = list(causes(error))
    if told := next((one for one in errors if isinstance(one, KnownError)), None):
        return told
    text = "\n".join(str(one) for one in errors)
    return next((KnownError(words) for explain in EXPLAINED if (words := explain(errors, text, warehouse))), None)


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it, each once: they may form a ring."""
    seen: set[int] = set()
    ahead: list[BaseException | None] = [error]
    while ahead:
        one = ahead.pop(0)
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            ahead += [one.__cause__, one.__context__, *(one.exceptions if isinstance(one, BaseExceptionGroup) else ())]


def full_disk(errors: list[BaseException], text: str, _: Path) -> str | None:
    full = any(isinstance(one, OSError) and one.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) for one in errors)
    return f"the disk is full: {line(FULL, text)}; {ROOM}" if full or FULL.search(text) else None


def locked_warehouse(_: list[BaseException], text: str, __: Path) -> str | None:
    if not (held := LOCKED.search(text)):
        return None
    return (
        f"{held['path']} is open in another program ({held['process']}): close it there, then run this again;"
        " analytics.duckdb, which holds all marts, may be open at any time"
    )


def damaged_file(_: list[BaseException], text: str, warehouse: Path) -> str | None:
    damaged = re.compile(DAMAGED)
    if not damaged.search(text):
        return None
    named = A_FILE_OF_DUCKDB.search(text)
    path = Path(named["path"]) if named else warehouse
    way_out = REPLACE if path == warehouse else "delete it: the next sync publishes it anew"
    return f"{path} is damaged, or not DuckDB's: {line(damaged, text)}; {way_out}"


def newer_warehouse(_: list[BaseException], text: str, warehouse: Path) -> str | None:
    newer = re.compile("Trying to read a database file with version number")
    return f"{warehouse} was written by a newer DuckDB: use the release that wrote it" if newer.search(text) else None


def dagsters_records(errors: list[BaseException], _: str, __: Path) -> str | None:
    for one in errors:
        if type(one).__module__.startswith("sqlalchemy"):
            if READ_ONLY.search(str(one)):
                return may_not_write(os.environ.get("DAGSTER_HOME"))
            return (
                f"Dagster's records in {os.environ.get('DAGSTER_HOME')} cannot be used: {str(one).splitlines()[0]};"
                " see that there is room on the disk; if they are damaged, move that folder away: the history of the"
                " runs is lost, and nothing else"
            )
    return None


def folder_for_a_file(errors: list[BaseException], text: str, _: Path) -> str | None:
    found = A_FOLDER.search(text)
    named = (one.filename2 or one.filename for one in errors if isinstance(one, IsADirectoryError))
    path = found["path"] if found else next(filter(None, named), None)
    return path and f"{path} is a folder, and a file belongs there: move it away, then run this again"


def file_for_a_folder(errors: list[BaseException], _: str, __: Path) -> str | None:
    for one in errors:
        if isinstance(one, A_FILE) and one.filename:
            return (
                f"{one.filename}: {one.strerror}, but a folder belongs there: move the file away, then run this again"
            )
    return None


def not_allowed(errors: list[BaseException], text: str, warehouse: Path) -> str | None:
    for one in errors:
        if isinstance(one, OSError) and one.errno in (errno.EACCES, errno.EPERM, errno.EROFS) and one.filename:
            return may_not_write(one.filename)
    if found := NOT_ALLOWED.search(text):
        return may_not_write(found["path"])
    return may_not_write(warehouse) if READ_ONLY.search(text) else None


def may_not_write(path: object) -> str:
    return f"{path} may not be written by this user, who must be allowed to, as everything below DATA_DIR"


def line(wanted: re.Pattern[str], text: str) -> str:
    return next((found.strip() for found in text.splitlines() if wanted.search(found)), "")[:200]


Explain = Callable[[list[BaseException], str, Path], str | None]
EXPLAINED: list[Explain] = [
    full_disk,
    locked_warehouse,
    newer_warehouse,
    damaged_file,
    dagsters_records,
    folder_for_a_file,
    file_for_a_folder,
    not_allowed,
]
