"""Reading by list: the immediate endpoints, whose page numbers shift while they are read.

Where the list can be sorted, the next request starts at the newest ``modifiedOn`` of the last page. Where it cannot,
or where a whole page carries one and the same stamp, pages are read by number, until a pass finds nothing that the
passes before it left out.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

import msgspec

from pipelines.servicetitan.api.errors import Unavailable
from pipelines.servicetitan.pages import Bookmark, Fetch, ListEnvelope, Page, decoder
from pipelines.servicetitan.streams import Stream

PAGE_SIZE = 5000  # the most that lists allow
OVERLAP = timedelta(minutes=5)
BEGINNING = "0001-01-01T00:00:00Z"  # contacts ask for a bound; ServiceTitan's own sentinel dates begin here
PASSES = 10
STAMP = re.compile(rb'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?Z"')

decode = decoder(ListEnvelope)


class Place(msgspec.Struct, rename="camel", gc=False):
    """What paging needs of a record, whatever else is wrong with it."""

    id: msgspec.Raw = msgspec.Raw()
    customer_id: msgspec.Raw = msgspec.Raw()
    modified_on: msgspec.Raw = msgspec.Raw()

    @property
    def stamp(self) -> str:
        """With seven digits of fraction, so that stamps compare as text; empty where there is none."""
        match = STAMP.fullmatch(self.modified_on)
        return f"{match[1].decode()}.{(match[2] or b'').decode():0<7}Z" if match else ""

    @property
    def version(self) -> int:
        return hash((bytes(self.id), bytes(self.customer_id), bytes(self.modified_on)))


def read_list(fetch: Fetch, stream: Stream, bookmark: Bookmark, page_size: int = PAGE_SIZE) -> Iterator[Page]:
    """The first reading takes all; a later one what was modified since the bookmark, less five minutes."""
    since = earlier(bookmark["since"]) if stream.list_incremental and "since" in bookmark else None
    listing = Listing(fetch, stream, page_size)
    if stream.list_sorted:
        yield from by_key(listing, since)
    else:
        newest = yield from by_number(listing, since)
        yield Page([], bookmark_at(newest))


@dataclass(frozen=True)
class Listing:
    fetch: Fetch
    stream: Stream
    page_size: int

    def page(self, since: str | None, number: int = 1) -> ListEnvelope:
        params = {"page": str(number), "pageSize": str(self.page_size)}
        if self.stream.list_active:
            params["active"] = "Any"
        if self.stream.list_sorted:
            params["sort"] = "+ModifiedOn"
        if self.stream.list_incremental and (since or not self.stream.list_sorted):
            params["modifiedOnOrAfter"] = since or BEGINNING
        return self.fetch(self.stream.path, params, decode)


def by_key(listing: Listing, since: str | None) -> Iterator[Page]:
    while True:
        page = listing.page(since)
        stamps = [place.stamp for place in places(page.data) if place.stamp]
        ordered = stamps == sorted(stamps) and bool(stamps)
        yield Page(page.data, bookmark_at(stamps[-1]) if ordered else None)
        if not page.has_more:
            return
        if not ordered:
            yield Page([], None, "the list is not sorted by modifiedOn as asked; it is read by page number")
            newest = yield from by_number(listing, since)
            yield Page([], bookmark_at(newest))
            return
        since = stamps[-1]
        if stamps[0] == since:
            since = yield from by_number(listing, since, only=since)
            if since == stamps[-1]:
                return


def by_number(listing: Listing, since: str | None, only: str | None = None) -> Generator[Page, None, str]:
    """Gives the newest stamp seen. With ``only`` a pass ends behind that stamp.

    A record that a pass brings and the one before did not was left out by that one, unless it is newer than all that
    the first pass saw: then it came later.
    """
    seen: set[int] = set()
    newest, horizon = "", ""
    for passes in range(PASSES):
        agreed = True
        for number in count(1):
            page = listing.page(since, number)
            unseen = [
                (record, place)
                for record, place in zip(page.data, places(page.data), strict=True)
                if place.version not in seen
            ]
            seen.update(place.version for _, place in unseen)
            agreed = agreed and all(place.stamp > horizon for _, place in unseen)
            newest = max([newest, *(place.stamp for _, place in unseen)])
            yield Page([record for record, _ in unseen], None)
            if not page.has_more or (only and newest > only):
                break
        if number == 1 or (passes and agreed):
            return newest
        horizon = horizon or only or newest
    raise Unavailable(f"{PASSES} passes over the list's pages did not agree; it changes faster than it can be read")


def places(records: list[msgspec.Raw]) -> list[Place]:
    try:
        return _places.decode(b"[" + b",".join(records) + b"]")
    except (msgspec.DecodeError, RecursionError):
        return [_place(record) for record in records]


_places = msgspec.json.Decoder(list[Place])


def _place(record: msgspec.Raw) -> Place:
    try:
        return msgspec.json.decode(record, type=Place)
    except (msgspec.DecodeError, RecursionError):
        return Place(id=record)


def bookmark_at(stamp: str) -> Bookmark | None:
    return {"since": stamp} if stamp else None


def earlier(stamp: str) -> str:
    """Five minutes before; a moving tenant's clock and ours need not agree."""
    moment = datetime.fromisoformat(stamp[:19])
    floor = datetime(1, 1, 1)
    return (max(moment, floor + OVERLAP) - OVERLAP).isoformat() + "Z"
