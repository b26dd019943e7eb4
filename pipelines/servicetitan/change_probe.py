"""Has anything changed? Asked of the lists, one record a call, so that a sync need not wait for its schedule."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from pipelines.annotations import contact_links, state_updates
from pipelines.operations import open_operations
from pipelines.servicetitan.api.client import Client
from pipelines.servicetitan.api.errors import ServiceTitanError
from pipelines.servicetitan.api.rate_limit import RateLimiter
from pipelines.servicetitan.api.retry import PROBE, RetryPolicy
from pipelines.servicetitan.api.visit import Visit
from pipelines.servicetitan.api.wire import http_client
from pipelines.servicetitan.extract.lists import OVERLAP, PAGE_SIZE, decode, places
from pipelines.servicetitan.streams import STREAMS, Stream
from pipelines.settings import Settings, Tenant
from pipelines.tenants import directory, store

WATCHED = [stream for stream in STREAMS if stream.listed and stream.list_incremental and not stream.facts_only]
OURS = {  # what people and Flow Builder have set here
    "state_updates": state_updates.last_stamp,
    "contact_links": contact_links.last_stamp,
    "tenants": store.last_stamp,
}
LOOK = 10.0  # seconds for all of a tenant's lists: the others' changes wait for it, and Dagster's sensors have 60
REST = timedelta(minutes=5)  # for a tenant that cannot be asked
TICK = timedelta(microseconds=1)

Watermarks = Mapping[str, str]  # "socal customers" -> the newest modifiedOn that was seen


@dataclass
class Changes:
    """``marks`` are those of the next look, once a sync was started for what has ``changed``."""

    marks: dict[str, str]
    changed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class ChangeProbe:
    """Keeps its connections and tokens, and rests from a tenant that refuses.

    Two records of one list with the very same stamp, of which one comes later, are told apart by the schedule only.
    """

    def __init__(
        self,
        settings: Settings,
        transport: httpx.BaseTransport | None = None,
        retry: RetryPolicy = PROBE,
        seconds: float = LOOK,
    ) -> None:
        self.settings, self.retry, self.seconds = settings, retry, seconds
        self.http = http_client(transport)
        self.rate_limiter = RateLimiter(settings.data_dir / "budget.sqlite")
        self.connections: dict[Tenant, Client] = {}
        self.resting: dict[Tenant, tuple[datetime, str]] = {}

    def poll(self, marks: Watermarks, now: datetime) -> Changes:
        """A first look has nothing to compare with, and sees no change."""
        changes, tenants = Changes(dict(marks)), directory.all(self.settings)
        self.connections = {tenant: client for tenant, client in self.connections.items() if tenant in tenants}
        with ThreadPoolExecutor(max(1, len(tenants))) as threads:
            for found in threads.map(lambda tenant: self._newest(tenant, marks, now), tenants):
                self._note(changes, found)
        self._note(changes, self._ours())
        return changes

    def _note(self, changes: Changes, found: Mapping[str, str] | str) -> None:
        if isinstance(found, str):
            changes.problems.append(found)
            return
        changes.changed += [name for name, stamp in found.items() if stamp > changes.marks.get(name, stamp)]
        changes.marks |= found

    def _newest(self, tenant: Tenant, marks: Watermarks, now: datetime) -> dict[str, str] | str:
        """Of each stream; or why this tenant cannot be asked."""
        until, why = self.resting.get(tenant, (now, ""))
        if now < until <= now + REST:
            return why
        if tenant not in self.connections:
            self.connections[tenant] = Client(
                self.settings, tenant, self.http, self.rate_limiter, self.retry, visit=Visit(self.seconds)
            )
        self.connections[tenant].visit.begin()
        found = {}
        try:
            for stream in WATCHED:
                name = f"{tenant.name} {stream.name}"
                found[name] = newest(self.connections[tenant], stream, marks.get(name), now)
        except ServiceTitanError as error:
            del self.connections[tenant]
            why = f"tenant {tenant.name}, stream {stream.name}: {error}"
            self.resting[tenant] = (now + REST, why)
            return why
        return found

    def _ours(self) -> dict[str, str]:
        with open_operations(self.settings.operations, patience=self.retry.timeout) as con:
            return {name: last_stamp(con) for name, last_stamp in OURS.items()}


def newest(connection: Client, stream: Stream, mark: str | None, now: datetime) -> str:
    """The newest stamp of the list, or the mark where nothing is newer; without a mark, of the last five minutes.

    Raises `ServiceTitanError`.
    """
    since = mark or text(now - OVERLAP)
    stamps = ask(connection, stream, since, size=1)
    if stamps and not stream.list_sorted:
        stamps = ask(connection, stream, since, size=PAGE_SIZE)
    return max([since, *stamps])


def ask(connection: Client, stream: Stream, since: str, size: int) -> list[str]:
    """The stamps of what is newer; the newest first, where the list can be sorted."""
    after = text(datetime.fromisoformat(since) + TICK)
    params = {"page": "1", "pageSize": str(size), "modifiedOnOrAfter": after}
    if stream.list_sorted:
        params["sort"] = "-ModifiedOn"
    if stream.list_active:
        params["active"] = "Any"
    page = connection.read(stream.module, stream.path, params, decode, stream.scope)
    return [place.stamp for place in places(page.data)]


def text(moment: datetime) -> str:
    """Written like `pipelines.servicetitan.extract.lists.Place.stamp`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"
