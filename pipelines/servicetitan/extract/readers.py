"""Which way a stream is read, and who is told when another way is taken."""

from collections.abc import Iterator
from typing import Literal

from pipelines.servicetitan.api.errors import NotFound, ScopeMissing
from pipelines.servicetitan.extract.exports import read_export
from pipelines.servicetitan.extract.lists import read_list
from pipelines.servicetitan.pages import Bookmark, Fetch, Page
from pipelines.servicetitan.streams import Stream

Mode = Literal["export", "list"]


def read_stream(fetch: Fetch, stream: Stream, bookmark: Bookmark, mode: Mode) -> Iterator[Page]:
    """By export or by list; without what an optional stream needs it ends at once, with a warning."""
    try:
        yield from _read_stream(fetch, stream, bookmark, mode)
    except (NotFound, ScopeMissing) as absence:
        if not stream.optional:
            raise
        yield Page([], None, f"{absence}; it is optional, and the sync goes on without it")


def _read_stream(fetch: Fetch, stream: Stream, bookmark: Bookmark, mode: Mode) -> Iterator[Page]:
    """An export that does not exist (404) gives way to the list, with a warning."""
    if stream.listed and (mode == "list" or not stream.export):
        yield from read_list(fetch, stream, bookmark)
        return
    try:
        yield from read_export(fetch, stream, bookmark)
    except NotFound as absence:
        if not stream.listed:
            yield Page([], None, f"there is no export of it here ({absence}), and no list; the sync goes on without it")
            return
        yield Page([], None, f"there is no export of it here ({absence}); it is read from the list")
        yield from read_list(fetch, stream, bookmark)
