"""Reading by export: opaque tokens, each good for one endpoint of one tenant."""

from collections.abc import Iterator

from pipelines.servicetitan.errors import NotThere, Refused, Unavailable
from pipelines.servicetitan.pages import Bookmark, ExportEnvelope, Fetch, Page, decoder
from pipelines.servicetitan.streams import Stream

STANDSTILLS = 20  # pages in a row that lead back to themselves

decode = decoder(ExportEnvelope)


def read_export(fetch: Fetch, stream: Stream, bookmark: Bookmark) -> Iterator[Page]:
    """Ends where ``hasMore`` is false; an empty page before that is a page like any other.

    Raises `NotThere` if no spelling of the export exists.
    """
    *others, last = stream.export_paths
    for path in others:
        try:
            yield from follow(fetch, path, bookmark.get("from"))
            return
        except NotThere:
            continue
    yield from follow(fetch, last, bookmark.get("from"))


def follow(fetch: Fetch, path: str, token: str | None) -> Iterator[Page]:
    """A token that is not taken (400) starts the stream anew, once in a reading."""
    anew, standstills = False, 0
    while True:
        try:
            page = fetch(path, parameters(token), decode)
        except Refused as refusal:
            if not token or anew:
                raise
            yield Page([], None, f"the continuation token was not taken ({refusal}); the stream is read anew")
            token, anew = None, True
            continue
        yield Page(page.data, {"from": page.continue_from})
        if not page.has_more:
            return
        standstills = standstills + 1 if page.continue_from == token else 0
        if standstills == STANDSTILLS:
            raise Unavailable(f"{STANDSTILLS} pages in a row say hasMore and lead back to themselves")
        token = page.continue_from


def parameters(token: str | None) -> dict[str, str]:
    return {"includeRecentChanges": "true"} | ({"from": token} if token else {})
