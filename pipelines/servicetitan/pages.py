"""The pages of a stream, as ServiceTitan wraps them and as we pass them on."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol, TypeVar

import msgspec

from pipelines.servicetitan.extract.pieces import split

Bookmark = dict[str, str]
"""Where the next sync of a (tenant, stream) goes on: ``from`` is an export's token, ``since`` a list's newest stamp."""

Bookmarks = Mapping[str, Mapping[str, Bookmark]]
"""Raw table -> owner (a tenant's id, as text) -> bookmark."""


class ExportEnvelope(msgspec.Struct, rename="camel", gc=False):
    has_more: bool
    continue_from: str
    data: list[msgspec.Raw]


class ListEnvelope(msgspec.Struct, rename="camel", gc=False):
    has_more: bool
    data: list[msgspec.Raw]


class Page(msgspec.Struct, gc=False):
    """Records as received; once they are stored the stream goes on at ``bookmark`` (None: where it did before)."""

    records: list[msgspec.Raw]
    bookmark: Bookmark | None
    warning: str = ""


Envelope = TypeVar("Envelope", ExportEnvelope, ListEnvelope)


class Fetch(Protocol):
    """One call for one stream of one tenant; raises `ServiceTitanError`."""

    def __call__(self, path: str, params: dict[str, str], decode: Callable[[bytes], Envelope]) -> Envelope: ...


def decoder(envelope: type[Envelope]) -> Callable[[bytes], Envelope]:
    """Raises ValueError for a body that is no whole page; a record in it may be anything, and need not be UTF-8."""
    decode = msgspec.json.Decoder(envelope).decode

    def read(body: bytes) -> Envelope:
        if b"\\" in body and ESCAPED_NUL.search(body):  # the first half is ten times as fast
            body = mended(body)
        try:
            return decode(body)
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, RecursionError):
            return read_apart(mended(body))

    def read_apart(body: bytes) -> Envelope:
        """One record that cannot be read leaves the others as they are; `to_table` sets it aside."""
        with suppress(msgspec.DecodeError, RecursionError):
            return decode(body)
        frame, records = split(body)
        page = decode(frame)
        page.data = [msgspec.Raw(record) for record in records]
        return page

    return read


NUL = rb"\u0000"
ESCAPED_NUL = re.compile(re.escape(NUL))
ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole pair
    rb"|\\u(?:[dD][89a-fA-F][0-9a-fA-F]{2}|0000)|\\.",
    re.DOTALL,
)


def mended(body: bytes) -> bytes:
    """Half a surrogate pair, which no text in UTF-8 can hold, becomes U+FFFD; U+0000, which many cannot take, goes."""
    return ESCAPES.sub(_mended, body)


def _mended(escape: re.Match[bytes]) -> bytes:
    if len(escape[0]) != len(NUL):
        return escape[0]
    return b"" if escape[0] == NUL else rb"\ufffd"
