"""An operations store as an older release left it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipelines.operations import MIGRATIONS


@contextmanager
def older_store(path: Path, version: int) -> Iterator[sqlite3.Connection]:
    """Made with the migrations up to that one; committed when the caller is done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as con, con:
        for migration in MIGRATIONS[:version]:
            con.executescript(migration.read_text())
        con.execute(f"pragma user_version = {version}")
        yield con
