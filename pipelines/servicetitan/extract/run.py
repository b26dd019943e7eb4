"""All streams of all tenants, read side by side into one queue."""

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from pipelines.servicetitan.api.client import MAX_PAGES, Client
from pipelines.servicetitan.api.errors import OutOfTime, ScopeMissing, ServiceTitanError
from pipelines.servicetitan.batches import Batch, BatchQueue, Closed
from pipelines.servicetitan.extract.arrow import to_table
from pipelines.servicetitan.extract.readers import Mode, read_stream
from pipelines.servicetitan.extract.rejects import RejectedRecord
from pipelines.servicetitan.pages import Bookmark, Bookmarks, Envelope, Page
from pipelines.servicetitan.progress import StreamSync, SyncProgress
from pipelines.servicetitan.raw_tables import REJECTED_RECORDS
from pipelines.servicetitan.streams import STREAMS, Stream

log = logging.getLogger(__name__)
PARSERS = os.cpu_count() or 2  # more at once would only take more memory
Clock = Callable[[], datetime]


@dataclass
class Extraction:
    """Each tenant has threads of its own, as many as it may have calls at once."""

    connections: Sequence[Client]
    bookmarks: Bookmarks
    batches: BatchQueue
    mode: Mode
    clock: Clock
    progress: SyncProgress
    asides: Iterable[Batch] = ()
    syncs: list[StreamSync] = field(default_factory=list)
    turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(PARSERS))

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Reads while the block runs; when it ends early, so do the threads."""
        with ExitStack() as threads:
            own = threads.enter_context(ThreadPoolExecutor(2, "aside"))
            futures: list[Future[None]] = [own.submit(self._read_asides)]
            for connection in self.connections:
                pool = threads.enter_context(ThreadPoolExecutor(MAX_PAGES, connection.tenant.name))
                futures += self._start(connection, pool)
            own.submit(self._finish_after, futures)
            try:
                yield
            except BaseException:
                self.batches.close()
                for connection in self.connections:
                    connection.visit.stop()
                for future in futures:
                    future.cancel()
                raise

    def _start(self, connection: Client, pool: ThreadPoolExecutor) -> list[Future[None]]:
        started: dict[str, Future[None]] = {}
        for stream in STREAMS:
            before = started.get(stream.after or "")
            started[stream.name] = pool.submit(self._read, connection, stream, before)
        return list(started.values())

    def _finish_after(self, futures: Sequence[Future[None]]) -> None:
        wait(futures)
        self.batches.finish()

    def _read_asides(self) -> None:
        try:
            for batch in self.asides:
                self.batches.put(batch)
        except Exception as error:
            self.batches.fail(error)

    def _read(self, connection: Client, stream: Stream, before: Future[None] | None) -> None:
        if before:
            wait([before])
        tenant = connection.tenant
        sync = StreamSync(tenant.id, tenant.name, stream.name, self.clock())
        self.syncs.append(sync)
        try:
            for page in self._pages(connection, stream, sync):
                self._pass_on(page, stream, sync)
            sync.complete = True
        except Closed:
            sync.error = "the sync was stopped"
        except OutOfTime:
            sync.goes_on = True
        except ServiceTitanError as error:
            sync.error = f"tenant {tenant.name}, stream {stream.name}, page {sync.pages + 1}: {error}"
            sync.missing_scope = error.scope if isinstance(error, ScopeMissing) else None
        except Exception as error:
            log.exception("tenant %s, stream %s, page %d", tenant.name, stream.name, sync.pages + 1)
            sync.error = f"tenant {tenant.name}, stream {stream.name}, page {sync.pages + 1}: {type(error).__name__}"
        finally:
            sync.ended_at = self.clock()
            self.progress.ended(sync)

    def _pages(self, connection: Client, stream: Stream, sync: StreamSync) -> Iterator[Page]:
        whole = False

        def fetch(path: str, params: dict[str, str], decode: Callable[[bytes], Envelope]) -> Envelope:
            def decode_in_turn(body: bytes) -> Envelope:
                with self.turns:
                    return decode(body)

            answer = connection.read(stream.module, path, params, decode_in_turn, stream.scope, called, whole)
            sync.pages += 1
            return answer

        def called() -> None:
            sync.calls += 1

        bookmark = self.bookmarks.get(stream.name, {}).get(str(connection.tenant.id), {})
        for page in unless_stored(read_stream(fetch, stream, bookmark, self.mode), bookmark):
            whole = not is_ahead(page.bookmark or {}, bookmark)
            yield page

    def _pass_on(self, page: Page, stream: Stream, sync: StreamSync) -> None:
        if page.warning:
            log.warning("tenant %s, stream %s: %s", sync.tenant_name, stream.name, page.warning)
            sync.warnings.append(page.warning)
        with self.turns:
            rows, rejected = to_table(stream, sync.tenant_id, page.records)
        page.records.clear()  # they hold the page's body, and `put` may wait
        refusals = rejected_batch(sync, rejected, self.clock()) if rejected else None
        self.batches.put(Batch(stream.name, rows, str(sync.tenant_id), page.bookmark, refusals))
        sync.rows += rows.num_rows
        sync.rejected += len(rejected)
        self.progress.grew(sync)


def is_ahead(place: Bookmark, before: Bookmark) -> bool:
    """Whether a reading that stops here has come further than the one before.

    Pages that are read by number are no place to stop: the time of the sync does not end them, lest a list that takes
    longer were begun again and again; nor those that only lead through the overlap once more.
    """
    if "since" in place:
        return place["since"] > before.get("since", "")
    return "from" in place and place["from"] != before.get("from")


def unless_stored(pages: Iterator[Page], bookmark: Bookmark) -> Iterator[Page]:
    """The first page without its records, if the last sync began with the very same ones.

    With recent changes, or with an overlap, the same few records come again and again while nothing happens.
    """
    for page in pages:
        if page.records:
            digest = hashlib.sha256(b"\n".join(sorted(page.records, key=bytes))).hexdigest()
            records = [] if bookmark.get("digest") == digest else page.records
            yield Page(records, {**(page.bookmark or {}), "digest": digest}, page.warning)
            break
        yield page
    yield from pages


def rejected_batch(sync: StreamSync, rejected: Sequence[RejectedRecord], now: datetime) -> Batch:
    origin = {"tenant_id": sync.tenant_id, "stream": sync.stream, "rejected_at": now}
    rows = [{**origin, "id": one.id, "reason": one.reason, "record": one.record} for one in rejected]
    return Batch(REJECTED_RECORDS.name, pa.Table.from_pylist(rows, REJECTED_RECORDS.schema))
