"""What a room sees of the operations store, whatever database holds it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

Values = Sequence[Any] | Mapping[str, Any]


class OperationsError(Exception):
    """The operations file cannot be used; the message says what to do."""


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
    """Raises `OperationsError` where the store cannot be used."""

    @property
    def in_transaction(self) -> bool: ...
    def execute(self, query: str, values: Values = ..., /) -> Cursor: ...
    def executemany(self, query: str, values: Iterable[Values], /) -> Cursor: ...
