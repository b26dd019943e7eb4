"""Operations stores that stand there before a test begins: a new one, and one as an older release left it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.operations import MIGRATIONS, Place, open_operations


def new_store(place: Place) -> None:
    """A file as its first opening leaves it, where none is: to make one takes 30 ms of a core, and the disk's time."""
    if isinstance(place, Path) and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(_new())


@cache
def _new() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "operations.sqlite"
        with open_operations(path):
            pass
        return path.read_bytes()


@contextmanager
def older_store(path: Path, version: int) -> Iterator[sqlite3.Connection]:
    """Made with the migrations up to that one, in place of a new one; committed when the caller is done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as con, con:
        for migration in MIGRATIONS[:version]:
            con.executescript(migration.read_text())
        con.execute(f"pragma user_version = {version}")
        yield con
