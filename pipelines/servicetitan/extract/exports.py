"""Reading by export: opaque tokens, each good for one endpoint of one tenant."""

from collections.abc import Callable, Iterator

from pipelines.servicetitan.api.errors import NotFound, Refused
from pipelines.servicetitan.pages import Bookmark, ExportEnvelope, Fetch, Page, decoder
from pipelines.servicetitan.streams import Stream

decode = decoder(ExportEnvelope)


def read_export(fetch: Fetch, stream: Stream, bookmark: Bookmark) -> Iterator[Page]:
    """Ends where ``hasMore`` is false; an empty page before that is a page like any other.

    Raises `NotFound` if no spelling of the export exists.
    """
    *others, last = stream.export_paths
    for path in others:
        try:
            yield from follow(fetch, path, bookmark.get("from"), stream.export_active)
            return
        except NotFound:
            continue
    yield from follow(fetch, last, bookmark.get("from"), stream.export_active)


def follow(fetch: Fetch, path: str, token: str | None, asks_for_inactive: bool) -> Iterator[Page]:
    """A token that is not taken (400) starts the stream anew, once in a reading."""
    anew = False
    while True:
        try:
            page = fetch(path, parameters(token, asks_for_inactive), leading_on_from(token))
        except Refused as refusal:
            if not token or anew:
                raise
            yield Page([], None, f"the continuation token was not taken ({refusal}); the stream is read anew")
            token, anew = None, True
            continue
        yield Page(page.data, {"from": page.continue_from})
        if not page.has_more:
            return
        token = page.continue_from


def leading_on_from(token: str | None) -> Callable[[bytes], ExportEnvelope]:
    """A page that says hasMore and leads back to itself is asked for again, like one that is broken."""

    def read(body: bytes) -> ExportEnvelope:
        page = decode(body)
        if page.has_more and page.continue_from == token:
            raise ValueError("hasMore, but continueFrom is the token that was sent")
        return page

    return read


def parameters(token: str | None, asks_for_inactive: bool) -> dict[str, str]:
    asked = {"includeRecentChanges": "true"} | ({"active": "Any"} if asks_for_inactive else {})
    return asked | ({"from": token} if token else {})
