"""The store in PostgreSQL, whose errors name where it is and the way out, and no secret."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import errors
from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper, Loader
from psycopg.pq import TransactionStatus
from psycopg.types.string import StrDumper

from pipelines.operations.connection import OperationsError, Values
from pipelines.operations.dialect import for_postgres
from pipelines.settings.place import PostgresUrl

MIGRATIONS = sorted((Path(__file__).parent / "migrations" / "postgres").glob("[0-9][0-9][0-9]_*.sql"))
NEWEST = int(MIGRATIONS[-1].name[:3])
CONNECTS_WITHIN = 10  # seconds
# Who is cut off is found out within a minute, on either side.
PULSE: dict[str, Any] = {
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 50_000,
}
OPTIONS = (
    "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3 -c lock_timeout={patience}"
    " -c search_path={schema} -c standard_conforming_strings=on -c jit=off"
)
VERSION = "select version from operations_version"
NEXT = "select nextval(pg_get_serial_sequence(%s, %s)) from generate_series(1, %s)"
LOCK = "select pg_advisory_xact_lock{}(key) from unnest(%s::bigint[]) as key"
NEIGHBORS = """
    select nspname from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid
    where relname = 'operations_version' and nspname != current_schema
        and has_schema_privilege(pg_namespace.oid, 'usage') and has_table_privilege(pg_class.oid, 'select')
    order by nspname
"""
MAY_BE_REPEATED = re.compile(r"\s*(select|with|begin)\b", re.IGNORECASE)

GONE = "it does not answer; see that PostgreSQL runs there and can be reached, then run this again: nothing was lost"
WAYS_OUT: tuple[tuple[type[psycopg.Error], str], ...] = (
    (errors.InvalidPassword, "see the user and the password of OPERATIONS_URL"),
    (errors.InvalidAuthorizationSpecification, "see the user and the password of OPERATIONS_URL"),
    (errors.InvalidCatalogName, "create the database, or name another one in OPERATIONS_URL"),
    (errors.TooManyConnections, "raise max_connections there, or end what is not needed"),
    (errors.InsufficientPrivilege, "the user of OPERATIONS_URL must own the tables, and may create some"),
    (errors.ReadOnlySqlTransaction, "OPERATIONS_URL must name the server that takes writes, and no standby"),
    (errors.UndefinedTable, "it is no whole store: put a back-up of this database in its place"),
    (errors.DiskFull, "make room on its disk, then run this again; nothing was lost"),
    (errors.LockNotAvailable, "another process has held it for too long; end that one, then run this again"),
    (errors.DeadlockDetected, "two processes waited for each other; run this again: nothing was done"),
    (errors.SerializationFailure, "another process was faster; run this again: nothing was done"),
)


class Flag(Dumper):
    """A column of 0 and 1, as in SQLite."""

    oid = psycopg.postgres.types["int4"].oid

    def dump(self, obj: bool) -> bytes:
        return b"1" if obj else b"0"

    def quote(self, obj: bool) -> bytes:
        return self.dump(obj)


class Text(StrDumper):
    """PostgreSQL's text holds no NUL; an endpoint's answer may."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))

    def quote(self, obj: str) -> Any:
        return super().quote(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))


class Number(Loader):
    """Of sums, which are ``numeric``."""

    def load(self, data: Any) -> int | float:
        text = bytes(data).decode()
        return float(text) if "." in text else int(text)


def adapt(context: AdaptContext) -> None:
    context.adapters.register_dumper(bool, Flag)
    context.adapters.register_dumper(str, Text)
    context.adapters.register_loader("numeric", Number)


class PostgresCursor(psycopg.ClientCursor[tuple[Any, ...]]):
    """After a statement that has no rows there are none to fetch."""

    def fetchone(self) -> Any:
        return super().fetchone() if self.description else None

    def fetchall(self) -> list[tuple[Any, ...]]:
        return super().fetchall() if self.description else []


class PostgresConnection:
    """In autocommit. Between transactions, one that was cut off is made anew."""

    is_shared = True

    def __init__(self, url: PostgresUrl, patience: float) -> None:
        self.url, self.patience = url, patience
        self._con = self._connect()
        self._has_begun = False  # a transaction, whatever became of the connection since

    def _connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        options = OPTIONS.format(patience=int(self.patience * 1000), schema=self.url.schema)
        try:
            con = psycopg.connect(
                self.url.text,
                autocommit=True,
                connect_timeout=CONNECTS_WITHIN,
                options=options,
                application_name="servicetitan-flow",
                client_encoding="utf8",
                cursor_factory=PostgresCursor,
                **PULSE,
            )
        except psycopg.ProgrammingError:
            raise OperationsError(f"{self.url}: it cannot be read as an address; see OPERATIONS_URL") from None
        except psycopg.Error as error:
            raise self._known(error) from None
        adapt(con)
        return con

    def close(self) -> None:
        self._con.close()

    @property
    def in_transaction(self) -> bool:
        return self._con.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)

    def execute(self, query: str, values: Values = (), /) -> "psycopg.Cursor[tuple[Any, ...]]":
        return self._run(for_postgres(query), values)

    def executemany(self, query: str, values: Iterable[Values], /) -> "psycopg.Cursor[tuple[Any, ...]]":
        cursor = self._cursor()
        try:
            if self.in_transaction:
                cursor.executemany(for_postgres(query), values)
            else:  # each by itself, as in SQLite
                for one in values:
                    cursor.execute(for_postgres(query), one)
        except psycopg.Error as error:
            raise self._known(error) from None
        return cursor

    def _run(self, query: str, values: Values = ()) -> "psycopg.Cursor[tuple[Any, ...]]":
        may_be_repeated = not self.in_transaction and MAY_BE_REPEATED.match(query)
        cursor = self._cursor()
        try:
            return cursor.execute(query, values)
        except psycopg.Error as error:
            if not (self._con.closed and may_be_repeated):
                raise self._known(error) from None
        return self._run_anew(query, values)

    def _run_anew(self, query: str, values: Values) -> "psycopg.Cursor[tuple[Any, ...]]":
        self._con = self._connect()
        try:
            return self._cursor().execute(query, values)
        except psycopg.Error as error:
            raise self._known(error) from None

    def _cursor(self) -> "psycopg.Cursor[tuple[Any, ...]]":
        if self._con.closed and not self._has_begun:
            self._con = self._connect()
        try:
            return self._con.cursor()
        except psycopg.Error as error:
            raise self._known(error) from None

    def begin(self, *, snapshot: bool = False) -> None:
        self._run("begin isolation level repeatable read, read only" if snapshot else "begin")
        self._has_begun = True

    def commit(self) -> None:
        self._run("commit")
        self._has_begun = False

    def rollback(self) -> None:
        if not self._con.closed:
            self._run("rollback")
        self._has_begun = False

    def lock(self, *names: str, shared: bool = False) -> None:
        if names:
            self._run(LOCK.format("_shared" if shared else ""), [sorted(map(self._key_of, names))])

    def try_lock(self, name: str, *, shared: bool = False) -> bool:
        query = f"select pg_try_advisory_xact_lock{'_shared' if shared else ''}(%s)"
        return self._is(query, [self._key_of(name)])

    def hold(self, name: str) -> bool:
        return self._is("select pg_try_advisory_lock(%s)", [self._key_of(name)])

    def let_go(self, name: str) -> None:
        self._run("select pg_advisory_unlock(%s)", [self._key_of(name)])

    def neighbors(self) -> list[str]:
        self._run(LOCK.format(""), [[key_of("shards")]])
        return [name for (name,) in self._run(NEIGHBORS).fetchall()]

    def _key_of(self, name: str) -> int:
        return key_of(f"{self.url.schema} {name}")  # the locks of a database are of all its schemas

    def new_numbers(self, table: str, column: str, count: int) -> list[int]:
        return [number for (number,) in self._run(NEXT, [table, column, count]).fetchall()]

    def copy_in(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Of a ``copy … from stdin``."""
        try:
            with self._con.cursor().copy(statement.encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        except psycopg.Error as error:
            raise self._known(error) from None

    def go_on_after(self, table: str, column: str) -> None:
        """With numbers, after all that are there."""
        last = f"select max({column}) from {table}"
        query = f"select setval(pg_get_serial_sequence(%s, %s), coalesce(({last}), 1), ({last}) is not null)"
        self._run(query, [table, column])

    def has_table(self, name: str) -> bool:
        return self._is("select to_regclass(%s) is not null", [name])

    def version(self) -> int:
        if not self.has_table("operations_version"):
            return 0
        return int(self._run(VERSION).fetchall()[0][0])

    def prove_writable(self) -> None:
        self._run("update operations_version set version = version")

    def _is(self, query: str, values: Values) -> bool:
        [(found,)] = self._run(query, values).fetchall()
        return bool(found)

    def migrate(self) -> None:
        """Raises `OperationsError`."""
        try:
            known = int(self._con.execute(VERSION).fetchall()[0][0])
        except errors.UndefinedTable:
            known = 0
        except psycopg.Error as error:
            raise self._known(error) from None
        if known != NEWEST:
            self._bring_up_to_date()

    def _bring_up_to_date(self) -> None:
        self.begin()
        try:
            self.lock("migrations")
            if not self._is("select exists (select from pg_namespace where nspname = %s)", [self.url.schema]):
                self._run(f'create schema "{self.url.schema}"')
            known = self.version()
            if known > NEWEST:
                raise OperationsError(
                    f"{self.url}: written by a newer release (version {known}; this one knows {NEWEST}); run that"
                    " release, or newer"
                )
            if known == 0 and self.has_table("deliveries"):
                raise OperationsError(f"{self.url}: it has another program's tables; name a database that is empty")
            if known == 0:
                self._run("create table operations_version (version integer not null)")
                self._run("insert into operations_version values (0)")
            for migration in MIGRATIONS:
                if int(migration.name[:3]) > known:
                    self._con.execute(migration.read_text().encode())
            self._run("update operations_version set version = %s", [NEWEST])
            self.commit()
        except psycopg.Error as error:
            self.rollback()
            raise self._known(error) from None
        except BaseException:
            self.rollback()
            raise

    def _known(self, error: psycopg.Error) -> Exception:
        """In our words; without the values of the statement, which PostgreSQL quotes."""
        said = scrubbed(error.diag.message_primary or last_words(error), self.url)
        for kind, way_out in WAYS_OUT:
            if isinstance(error, kind):
                return OperationsError(f"{self.url}: {said}; {way_out}")
        if "password authentication failed" in said or "no password supplied" in said:
            return OperationsError(f"{self.url}: {said}; see the user and the password of OPERATIONS_URL")
        if "does not exist" in said and isinstance(error, psycopg.OperationalError):
            return OperationsError(f"{self.url}: {said}; create it, or name another one in OPERATIONS_URL")
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return OperationsError(f"{self.url}: {said}; {GONE}")
        return type(error)(said)


def last_words(error: psycopg.Error) -> str:
    """Without libpq's guesses, which it puts behind a tab."""
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("\t")]
    return lines[-1] if lines else type(error).__name__


def scrubbed(text: str, url: PostgresUrl) -> str:
    password = urlsplit(url.text).password
    for secret in filter(None, (password, password and unquote(password))):
        text = text.replace(secret, "…")
    return text


@lru_cache(maxsize=4096)
def key_of(name: str) -> int:
    """Of an advisory lock, which has a number of 64 bits."""
    return int.from_bytes(sha256(f"servicetitan-flow {name}".encode()).digest()[:8], signed=True)
