"""What a room sees of the operations store, whatever database holds it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

Values = Sequence[Any] | Mapping[str, Any]


class OperationsError(Exception):
    """The operations store cannot be used; the message says what to do."""


class Cursor(Protocol):
    @property
    def rowcount(self) -> int: ...
    @property
    def description(self) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchmany(self, size: int, /) -> list[Any]: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """In autocommit; `pipelines.operations.transaction` groups. SQL is written as SQLite has it, in words that
    `pipelines.operations.dialect` knows for PostgreSQL. Raises `OperationsError` where the store cannot be used.

    Who writes to SQLite is alone. On PostgreSQL others write, too (``is_shared``): who must be alone with something
    takes a lock on its name, until the transaction ends.
    """

    @property
    def is_shared(self) -> bool: ...
    @property
    def in_transaction(self) -> bool: ...
    def execute(self, query: str, values: Values = ..., /) -> Cursor: ...
    def executemany(self, query: str, values: Iterable[Values], /) -> Cursor: ...
    def begin(self, *, snapshot: bool = ...) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def lock(self, *names: str, shared: bool = ...) -> None:
        """Waits for whoever holds one of them; in one order everywhere, so that nobody waits in a circle."""

    def try_lock(self, name: str, *, shared: bool = ...) -> bool: ...
    def hold(self, name: str) -> bool:
        """Beyond the transaction, until `let_go` or the connection's end; False: another connection holds it."""

    def let_go(self, name: str) -> None: ...
    def neighbors(self) -> list[str]:
        """The schemas in which other shards have their stores in this database. Until the transaction ends, who asks
        this, too, waits."""

    def new_numbers(self, table: str, column: str, count: int) -> list[int]:
        """The next ones of a numbered table, in order, and nobody else's."""

    def has_table(self, name: str) -> bool: ...
    def version(self) -> int:
        """The last migration; 0: none."""

    def prove_writable(self) -> None: ...
