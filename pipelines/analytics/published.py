"""The analysts' copy as everybody in this process reads it: one instance of the newest file.

DuckDB holds one instance of a path per process, and with it the file that was there when it was opened: it has to be
closed before the path is opened again, or a reader would see the old file for as long as another one reads.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

Version = tuple[int, int]


class NotPublished(Exception):
    """There is no analysts' copy yet, or it cannot be read."""


class Unreadable(NotPublished):
    """It is there."""


class Copy:
    """Of one path. ``is_kept``: it stays open between readers, until it is let go."""

    def __init__(self, path: Path) -> None:
        self._path, self._changed = path, threading.Condition()
        self._con: duckdb.DuckDBPyConnection | None = None
        self._version: Version | None = None
        self._readers, self._is_kept = 0, False

    @contextmanager
    def reading(self, *, is_kept: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of one's own; its times are UTC. Raises `NotPublished`."""
        con = self._enter(is_kept)
        try:
            yield con
        finally:
            con.close()
            self._leave()

    def version(self) -> Version:
        """Another one with each publication. Raises `NotPublished`."""
        try:
            file = self._path.stat()
        except FileNotFoundError:
            raise NotPublished(f"{self._path} is not there: it is published by the first sync") from None
        return file.st_ino, file.st_mtime_ns

    def let_go(self) -> None:
        with self._changed:
            self._is_kept = False
            self._close_if_idle()

    def _enter(self, is_kept: bool) -> duckdb.DuckDBPyConnection:
        with self._changed:
            self._changed.wait_for(lambda: self._readers == 0 or self._version == self.version())
            if self._con is None or self._version != self.version():
                self._reopen()
            assert self._con is not None
            con = self._con.cursor()
            self._readers += 1
            self._is_kept |= is_kept
            return con

    def _leave(self) -> None:
        with self._changed:
            self._readers -= 1
            self._close_if_idle()
            self._changed.notify_all()

    def _close_if_idle(self) -> None:
        if self._con is not None and not self._readers and not self._is_kept:
            self._con.close()
            self._con, self._version = None, None

    def _reopen(self) -> None:
        if self._con is not None:
            self._con.close()
        self._con, self._version = None, None
        version = self.version()
        try:
            self._con = duckdb.connect(self._path, read_only=True)
            self._con.execute("set global TimeZone = 'UTC'")
            # Each reader has its own: who looks through a million rows leaves the other cores to the others.
            self._con.execute("set global threads = 1")
        except duckdb.Error as error:
            raise Unreadable(
                f"{self._path} cannot be read: {str(error).splitlines()[0]}; close the program that has it open to"
                " write, or delete it: the next sync publishes it anew"
            ) from error
        self._version = version


_copies: dict[Path, Copy] = {}
_lock = threading.Lock()


def copy_of(analytics: Path) -> Copy:
    with _lock:
        return _copies.setdefault(analytics.absolute(), Copy(analytics))


@contextmanager
def published(analytics: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The analysts' copy, to be read. Raises `NotPublished`."""
    with copy_of(analytics).reading() as con:
        yield con
