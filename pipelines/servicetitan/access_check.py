"""Does the door open: per tenant a token, then the next page of every stream, read as a sync reads it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from pipelines.servicetitan.api.client import MAX_PAGES, Client
from pipelines.servicetitan.api.errors import ScopeMissing, ServiceTitanError
from pipelines.servicetitan.api.rate_limit import RateLimiter
from pipelines.servicetitan.api.retry import CHECK, RetryPolicy
from pipelines.servicetitan.api.visit import Visit
from pipelines.servicetitan.api.wire import http_client
from pipelines.servicetitan.extract.arrow import to_table
from pipelines.servicetitan.extract.readers import Mode, read_stream
from pipelines.servicetitan.load.schema_drift import drift_of
from pipelines.servicetitan.pages import Bookmark, Bookmarks, Envelope
from pipelines.servicetitan.set_aside import named
from pipelines.servicetitan.streams import STREAMS, Stream
from pipelines.settings import Settings
from pipelines.tenants import directory


@dataclass(frozen=True)
class StreamAccess:
    """``stream`` is None for the token itself; ``problem`` is None where all is well.

    ``records``: 1 where there is any. ``rejected``: so many are set aside, and the stream goes on. ``warning``: which
    other way a sync reads it, and what is new in its records. ``absent``: a sync does without it, which is no problem.
    """

    tenant_name: str
    stream: str | None
    records: int = 0
    problem: str | None = None
    missing_scope: str | None = None
    rejected: int = 0
    warning: str | None = None
    absent: bool = False


def check_access(
    settings: Settings,
    retry: RetryPolicy = CHECK,
    transport: httpx.BaseTransport | None = None,
    bookmarks: Bookmarks | None = None,
) -> Iterator[StreamAccess]:
    """Tenants side by side; where there is no token the streams are not asked. Without bookmarks, from the start."""
    rate_limiter, known = RateLimiter(settings.data_dir / "budget.sqlite"), bookmarks or {}
    tenants = directory.all(settings)
    with http_client(transport) as http, ThreadPoolExecutor(max(1, len(tenants))) as threads:
        connections = [
            Client(settings, tenant, http, rate_limiter, retry, visit=Visit(silence=retry.silence))
            for tenant in tenants
        ]
        for found in threads.map(lambda one: _check(one, known, settings.servicetitan_sync_mode), connections):
            yield from found


def _check(connection: Client, bookmarks: Bookmarks, mode: Mode) -> list[StreamAccess]:
    tenant = connection.tenant
    try:
        connection.token.value(connection.visit.bounds())
    except ServiceTitanError as error:
        return [StreamAccess(tenant.name, None, problem=str(error))]

    def read(stream: Stream) -> StreamAccess:
        bookmark = bookmarks.get(stream.name, {}).get(str(tenant.id), {})
        try:
            return next_page(connection, stream, bookmark, mode)
        except ScopeMissing as error:
            return StreamAccess(tenant.name, stream.name, problem=str(error), missing_scope=stream.scope)
        except ServiceTitanError as error:
            return StreamAccess(tenant.name, stream.name, problem=str(error))

    with ThreadPoolExecutor(MAX_PAGES) as threads:
        return [StreamAccess(tenant.name, None), *threads.map(read, STREAMS)]


def next_page(connection: Client, stream: Stream, bookmark: Bookmark, mode: Mode) -> StreamAccess:
    """Raises `ServiceTitanError` where a sync would stop."""

    def fetch(path: str, params: dict[str, str], decode: Callable[[bytes], Envelope]) -> Envelope:
        return connection.read(stream.module, path, params, decode, stream.scope)

    tenant, warnings = connection.tenant, []
    for page in read_stream(fetch, stream, bookmark, mode):
        if page.warning:
            warnings.append(page.warning)
            continue
        rows, rejected = to_table(stream, tenant.id, page.records)
        problem = f"set aside: {named(rejected)}" if rejected else None
        warnings += [one.said for one in drift_of(stream, page.records)]
        return StreamAccess(
            tenant.name,
            stream.name,
            records=min(1, rows.num_rows),
            problem=problem,
            rejected=len(rejected),
            warning="; ".join(warnings) or None,
        )
    said = "; ".join(warnings)
    if stream.optional:
        missing = stream.scope if stream.scope in said else None
        return StreamAccess(tenant.name, stream.name, missing_scope=missing, warning=said, absent=True)
    return StreamAccess(tenant.name, stream.name, problem=said)
