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


@contextmanager
def open_warehouse(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads moments in UTC; made on first use, unless it is ``read_only``."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        spilled = path.with_name(f"{path.name}.tmp")
        con.execute(f"set temp_directory = {quoted(spilled)}")  # in the working directory, left to itself
        con.execute(f"attach {quoted(path)} as warehouse (type duckdb, {'read_only' if read_only else FORMAT})")
        con.execute("use warehouse")
        yield con


def quoted(path: Path) -> str:
    """As a text of SQL."""
    return "'" + str(path).replace("'", "''") + "'"
