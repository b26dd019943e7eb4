"""The warehouse's file, opened under one and the same name, whatever the file is called.

DuckDB names a database after its file (up to the first dot), and keeps that name in every view; dbt writes it into its
manifest, too. So a file by another name would be another project, and a file that is moved one without its views.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

# The newer format writes texts in two thirds of the time and a third of the room; a file changes its format with the
# first write.
FORMAT = "storage_version 'v1.5.0'"


ATTACHED = "select database_name from duckdb_databases() where not internal and database_name != 'memory'"
_idle: dict[Path, list[duckdb.DuckDBPyConnection]] = {}  # without the file: to start one takes longer than to open it


@contextmanager
def open_warehouse(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads moments in UTC; made on first use, unless it is ``read_only``. Afterwards the file is
    closed, and so is what was attached beside it; global settings stay."""
    idle = _idle.setdefault(path, [])
    engine = idle.pop() if idle else _started(path)
    try:
        engine.execute(f"attach {quoted(path)} as warehouse (type duckdb, {'read_only' if read_only else FORMAT})")
        with engine.cursor() as con:
            con.execute("set TimeZone = 'UTC'")
            con.execute("use warehouse")
            yield con
        for (name,) in engine.execute(ATTACHED).fetchall():
            engine.execute(f'detach "{name}"')
    except BaseException:
        engine.close()
        raise
    idle.append(engine)


def _started(path: Path) -> duckdb.DuckDBPyConnection:
    engine = duckdb.connect()
    spilled = path.with_name(f"{path.name}.tmp")
    engine.execute(f"set temp_directory = {quoted(spilled)}")  # in the working directory, left to itself
    return engine


def quoted(path: Path) -> str:
    """As a text of SQL."""
    return "'" + str(path).replace("'", "''") + "'"
