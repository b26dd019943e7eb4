"""Extract and load: everything that changed in ServiceTitan, into the raw tables of the warehouse."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from pipelines.servicetitan.api.client import Client
from pipelines.servicetitan.api.rate_limit import RateLimiter
from pipelines.servicetitan.api.retry import BULK, RetryPolicy
from pipelines.servicetitan.api.wire import http_client
from pipelines.servicetitan.batches import BatchQueue
from pipelines.servicetitan.extract.deleted_contacts import Reconciliation, first_comparisons
from pipelines.servicetitan.extract.local_tables import asides
from pipelines.servicetitan.extract.run import Clock, Extraction
from pipelines.servicetitan.load.sync_log import read_bookmarks, record_sync
from pipelines.servicetitan.progress import StreamSync, SyncProgress
from pipelines.servicetitan.rests import Rest, keep_rests, known_rests, turn
from pipelines.servicetitan.streams import STREAMS
from pipelines.settings import Settings, Tenant
from pipelines.tenants import directory

PACKAGE_ROWS = 500_000


@dataclass(frozen=True)
class LoadResult:
    """What one sync brought; rows are counted per raw table, ``tenant_syncs`` left out."""

    sync_id: str
    began_at: datetime
    streams: tuple[StreamSync, ...]
    load_ids: tuple[str, ...]
    changed_rows: dict[str, int]
    stored_rows: dict[str, int]

    @property
    def changed(self) -> bool:
        return any(self.changed_rows.values())

    @property
    def complete(self) -> bool:
        return all(sync.complete for sync in self.streams)


def load(
    settings: Settings,
    *,
    tenants: Sequence[str] | None = None,
    clock: Clock,
    on_progress: Callable[[StreamSync], None] | None = None,
    reconcile: bool = False,
    retry: RetryPolicy | None = None,
    package_rows: int = PACKAGE_ROWS,
    scheduled: bool = False,
) -> LoadResult:
    """Reads all streams of the tenants (default: all) and commits them; no connection stays open.

    A tenant or stream that fails is told in the result and in ``tenant_syncs``; the others are loaded. What is not read
    within ``sync_seconds`` has neither failed nor come to its end: the next sync goes on there. ``scheduled``: leaves
    tenants alone that rest. ``reconcile`` compares the contacts now, not only once a day. A commit is made every
    ``package_rows`` rows, so that a long load can be stopped and goes on there.

    Raises `ConfigurationError` where there is no tenant.
    """
    chosen = [directory.find(settings, name) for name in tenants] if tenants else directory.at_least_one(settings)
    batches, sync_id = BatchQueue(package_rows=package_rows), uuid.uuid4().hex
    retry = replace(retry or BULK, sleep=batches.sleep)
    rests, now = known_rests(settings), clock()
    resting = {one.id: rests[one.id] for one in chosen if scheduled and one.id in rests and rests[one.id].lasts(now)}
    memory = read_bookmarks(settings.warehouse)
    rate_limiter = RateLimiter(settings.data_dir / "budget.sqlite")
    with http_client() as http:
        connections = [
            Client(settings, tenant, http, rate_limiter, retry, visit=turn(settings, retry, rests.get(tenant.id)))
            for tenant in chosen
            if tenant.id not in resting
        ]
        reading = Extraction(
            connections=connections,
            bookmarks=memory.bookmarks,
            batches=batches,
            mode=settings.servicetitan_sync_mode,
            clock=clock,
            progress=SyncProgress(on_progress),
            asides=chain(asides(settings, memory.bookmarks), first_comparisons(chosen, memory.bookmarks, clock())),
        )
        with reading.under_way():
            load_ids = store(settings, batches, create=not memory.complete)
        comparisons = Reconciliation(settings.warehouse, memory.bookmarks, reading.syncs, clock(), forced=reconcile)
        load_ids += store(settings, BatchQueue.of(comparisons.batches(connections)))
    keep_rests(settings, rests, [(each.tenant, each.visit) for each in connections], clock())
    streams = [
        *reading.syncs,
        *(row for one in chosen if one.id in resting for row in left_alone(one, resting[one.id], now)),
    ]
    counts = record_sync(settings.warehouse, sync_id, streams, load_ids)
    return LoadResult(sync_id, now, tuple(streams), tuple(load_ids), counts.changed, counts.stored)


def left_alone(tenant: Tenant, rest: Rest, now: datetime) -> Iterator[StreamSync]:
    """A tenant that rests has not been read to its end, either."""
    words = f"not asked again before {rest.ends_at:%H:%M:%S} UTC, by a schedule or sensor: {rest.why}"
    for stream in STREAMS:
        error = f"tenant {tenant.name}, stream {stream.name}: {words}"
        yield StreamSync(tenant.id, tenant.name, stream.name, now, ended_at=now, error=error, asked=False)


def store(settings: Settings, batches: BatchQueue, create: bool = False) -> list[str]:
    """The load ids of the packages that it took; dlt is imported only where there is one."""
    if not batches.begin_package() and not create:
        return []
    from pipelines.servicetitan.load.pipeline import load_packages

    return load_packages(settings, batches, create)
