"""DuckDB with the lake attached. Its extensions come out of packages: nothing is downloaded, whatever is missing.

Secrets go in as variables and as DuckDB's secrets, which it shows redacted: no statement has them, and so no error, no
list of databases and no log of queries.
"""

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

from pipelines.analytics.lake.place import Place
from pipelines.warehouse import quoted

MAX_TRIES = 8
LAKE = "lake"  # as what it is attached
EXTENSIONS = ("postgres_scanner", "httpfs", "ducklake")
OWN: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_persistent_secrets": False,
}
CATALOG = "create secret catalog (type postgres, password getvariable('password'))"
STORE = """
    create secret store (
        type s3,
        key_id getvariable('key_id'),
        secret getvariable('secret'),
        region getvariable('region'),
        scope getvariable('data')
        {address}
    )
"""
ADDRESS = ", endpoint getvariable('endpoint'), use_ssl {tls}, url_style 'path'"
LOCKS = "locks"  # the catalog's database once more, for a lock of it
LOCK = 4_611_686_018_427_388_001
HOLD = "select 1 from (select pg_advisory_xact_lock{shared}({lock})) as held"
NOTICED = "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"  # a holder that is gone
OF_BOTH = """
    create secret lake (
        type ducklake,
        metadata_path getvariable('catalog'),
        data_path getvariable('data'),
        metadata_parameters map {'TYPE': 'postgres', 'SECRET': 'catalog'}
    )
"""


class NotInstalled(Exception):
    """The extra `lake` is missing, or is of another DuckDB."""


@contextmanager
def open_lake(place: Place, spill: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that uses the lake, whose times are UTC; ``spill``: a folder for what does not fit into memory.

    Raises `NotInstalled`, and DuckDB's errors where catalog or data cannot be reached.
    """
    with duckdb.connect(config=OWN) as con:
        for name in EXTENSIONS:
            con.execute(f"load {quoted(extension(name))}")
        con.execute(f"set temp_directory = {quoted(spill)}")
        con.execute("set TimeZone = 'UTC'")
        _keep_secrets(con, place)
        _attach(con, f"attach 'ducklake:lake' as {LAKE} ({'read_only' if read_only else 'read_write'})")
        con.execute(f"use {LAKE}")
        yield con


def is_conflict(error: duckdb.Error) -> bool:
    """Somebody else has committed to the same meanwhile (DuckLake's words and PostgreSQL's): nothing of ours is there,
    and it may be done once more."""
    return any(words in str(error) for words in ("Transaction conflict", "could not serialize access"))


def _attach(con: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Of those who come first at once to an empty catalog one makes it, and the others are refused."""
    for _ in range(MAX_TRIES):
        try:
            con.execute(statement)
            return
        except duckdb.Error as error:
            if "Failed to initialize DuckLake" not in str(error):
                raise
            time.sleep(random.uniform(0.1, 0.6))
    con.execute(statement)


@contextmanager
def holding(con: duckdb.DuckDBPyConnection, place: Place, *, alone: bool) -> Iterator[None]:
    """Publications go beside each other; who puts files together is alone. Otherwise rows that a publication takes out
    of a file meanwhile are there again, in the file that was made of it. Waits, and is let go with the process."""
    options = f"{place.catalog.get('options', '')} {NOTICED}".strip()
    catalog = conninfo({**place.catalog, "options": options}).replace("'", "''")
    query = HOLD.format(shared="" if alone else "_shared", lock=LOCK)
    with con.cursor() as holder:
        holder.execute(f"attach if not exists '{catalog}' as {LOCKS} (type postgres, secret catalog)")
        holder.begin()
        try:
            holder.execute(f"from postgres_query('{LOCKS}', '{query}')").fetchall()
            yield
        finally:
            holder.rollback()


def extension(name: str) -> Path:
    """Its file, in the package of the same release as DuckDB. Raises `NotInstalled`."""
    package = f"duckdb-extension-{name.replace('_', '-')}"
    try:
        found = Path(str(distribution(package).locate_file(f"duckdb_extension_{name}")))
    except PackageNotFoundError:
        raise NotInstalled(f"{package} is not installed: pip install 'servicetitan-flow[lake]'") from None
    file = found / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not file.exists():
        raise NotInstalled(
            f"{package} is not of DuckDB {duckdb.__version__}, which is here: pip install 'servicetitan-flow[lake]'"
        )
    return file


def missing() -> str | None:
    """Why there can be no lake here."""
    try:
        for name in EXTENSIONS:
            extension(name)
    except NotInstalled as error:
        return str(error)
    return None


def _keep_secrets(con: duckdb.DuckDBPyConnection, place: Place) -> None:
    values: dict[str, Any] = {"password": place.password, "data": place.data, "catalog": conninfo(place.catalog)}
    statements = [CATALOG]
    if place.store:
        host, tls = _host(place.store.endpoint)
        values |= {"key_id": place.store.key_id, "secret": place.store.secret, "region": place.store.region}
        values["endpoint"] = host
        statements.append(STORE.format(address=ADDRESS.format(tls=str(tls).lower()) if host else ""))
    for name, value in values.items():
        con.execute(f"set variable {name} = ?", [value])
    for statement in (*statements, OF_BOTH):
        con.execute(statement)
    for name in values:
        con.execute(f"reset variable {name}")


def _host(endpoint: str) -> tuple[str, bool]:
    """Host with port, and whether it is reached by TLS."""
    parts = urlsplit(endpoint)
    return parts.netloc, parts.scheme != "http"


def conninfo(values: Mapping[str, str]) -> str:
    """As libpq reads it (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING)."""
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in values.items()}
    return " ".join(f"{name}='{value}'" for name, value in quoted.items())
