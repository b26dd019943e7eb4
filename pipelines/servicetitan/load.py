"""Extract and load: everything that changed in ServiceTitan, into the raw tables of the warehouse."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from pipelines.servicetitan.books import remember, write_down
from pipelines.servicetitan.budget import Budget
from pipelines.servicetitan.connection import Connection, http_client
from pipelines.servicetitan.contacts import Comparisons, first_comparisons
from pipelines.servicetitan.inflow import Inflow
from pipelines.servicetitan.operations import asides
from pipelines.servicetitan.patience import Patience
from pipelines.servicetitan.progress import Progress, StreamSync
from pipelines.servicetitan.reading import Clock, Reading
from pipelines.settings import Settings

PACKAGE_ROWS = 500_000


@dataclass(frozen=True)
class LoadResult:
    """What one sync brought; rows are counted per raw table, ``tenant_syncs`` left out."""

    sync_id: str
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
    patience: Patience | None = None,
    package_rows: int = PACKAGE_ROWS,
) -> LoadResult:
    """Reads all streams of the tenants (default: all) and commits them; no connection stays open.

    A tenant or stream that fails is told in the result and in ``tenant_syncs``; the others are loaded. ``reconcile``
    compares the contacts now, not only once a day. A commit is made every ``package_rows`` rows, so that a long load
    can be stopped and goes on there.
    """
    chosen = [settings.tenant(name) for name in tenants] if tenants else list(settings.tenants)
    inflow, sync_id = Inflow(package_rows=package_rows), uuid.uuid4().hex
    patience = replace(patience or Patience(), sleep=inflow.sleep)
    memory = remember(settings.warehouse)
    budget = Budget(settings.data_dir / "budget.sqlite")
    with http_client(patience) as http:
        connections = [Connection(settings, tenant, http, budget, patience) for tenant in chosen]
        reading = Reading(
            connections=connections,
            bookmarks=memory.bookmarks,
            inflow=inflow,
            mode=settings.servicetitan_sync_mode,
            clock=clock,
            progress=Progress(on_progress),
            asides=chain(asides(settings, memory.bookmarks), first_comparisons(chosen, memory.bookmarks, clock())),
        )
        with reading.under_way():
            load_ids = store(settings, inflow, create=not memory.complete)
        comparisons = Comparisons(settings.warehouse, memory.bookmarks, reading.syncs, clock(), forced=reconcile)
        load_ids += store(settings, Inflow.of(comparisons.batches(connections)))
    counts = write_down(settings.warehouse, sync_id, reading.syncs, load_ids)
    return LoadResult(sync_id, tuple(reading.syncs), tuple(load_ids), counts.changed, counts.stored)


def store(settings: Settings, inflow: Inflow, create: bool = False) -> list[str]:
    """The load ids of the packages that it took; dlt is imported only where there is one."""
    if not inflow.begin_package() and not create:
        return []
    from pipelines.servicetitan.pipeline import load_packages

    return load_packages(settings, inflow, create)
