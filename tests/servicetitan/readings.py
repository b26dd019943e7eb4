"""A stream read to its end, without a warehouse."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from pipelines.servicetitan.api.client import Client
from pipelines.servicetitan.extract.lists import read_list
from pipelines.servicetitan.extract.readers import Mode, read_stream
from pipelines.servicetitan.pages import Bookmark, Envelope, Fetch, Page
from pipelines.servicetitan.streams import STREAM


@dataclass
class Reading:
    records: list[dict[str, Any]] = field(default_factory=list)
    bookmark: Bookmark = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [record["name"] for record in self.records]


def read(connection: Client, stream: str, bookmark: Bookmark | None = None, mode: Mode = "export") -> Reading:
    known = bookmark or {}
    return gathered(read_stream(fetching(connection, stream), STREAM[stream], known, mode), known)


def read_small_pages(connection: Client, stream: str, bookmark: Bookmark | None = None, size: int = 2) -> Reading:
    """By list, so many records a page."""
    known = bookmark or {}
    return gathered(read_list(fetching(connection, stream), STREAM[stream], known, size), known)


def fetching(connection: Client, stream: str) -> Fetch:
    row = STREAM[stream]

    def fetch(path: str, params: dict[str, str], decode: Callable[[bytes], Envelope]) -> Envelope:
        return connection.read(row.module, path, params, decode, row.scope)

    return fetch


def gathered(pages: Iterable[Page], bookmark: Bookmark) -> Reading:
    reading = Reading(bookmark=dict(bookmark))
    for page in pages:
        reading.records += [orjson.loads(bytes(record)) for record in page.records]
        reading.bookmark |= page.bookmark or {}
        reading.warnings += [page.warning] if page.warning else []
    return reading
