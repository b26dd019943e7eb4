"""The pages of a stream, as ServiceTitan wraps them and as we pass them on."""

import re
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import msgspec

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
    """Raises ValueError for a body that is no whole page in UTF-8."""
    decode = msgspec.json.Decoder(envelope).decode

    def read(body: bytes) -> Envelope:
        body.decode()
        try:
            return decode(body)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            return decode(whole_pairs(body))

    return read


ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\.", re.DOTALL
)


def whole_pairs(body: bytes) -> bytes:
    """Half a surrogate pair, which no text in UTF-8 can hold, becomes U+FFFD."""
    return ESCAPES.sub(lambda escape: b"\\ufffd" if len(escape[0]) == 6 else escape[0], body)
