"""What an input may be chosen from: ServiceTitan's own lists, kept for some minutes."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.actions.context import (
    BUSINESS_UNITS,
    CALL_REASONS,
    CAMPAIGNS,
    JOB_TYPES,
    TAG_TYPES,
    TECHNICIANS,
    Resource,
)
from pipelines.actions.crm.listings import rows_of
from pipelines.actions.crm.paging import page_of
from pipelines.actions.schemas.inputs import ListOptions
from pipelines.actions.schemas.results import Option, OptionPage
from pipelines.actions.web.problems import Problem
from pipelines.clock import Clock
from pipelines.servicetitan.api.client import Client, Params
from pipelines.servicetitan.api.deadline import Deadline, DeadlineExceeded
from pipelines.servicetitan.api.errors import RateLimited, Unavailable
from pipelines.servicetitan.api.responses import Json

# The input's name -> the list.
OPTIONS: dict[str, Resource] = {
    "job_type_id": JOB_TYPES,
    "business_unit_id": BUSINESS_UNITS,
    "technician_id": TECHNICIANS,
    "campaign_id": CAMPAIGNS,
    "call_reason_id": CALL_REASONS,
    "tag_type_ids": TAG_TYPES,
}
FRESH = timedelta(minutes=5)
MOMENT = 1.0  # seconds for a newer list, where an older one is there
MAX_SECONDS = 15  # for the first one
READ_SECONDS = 60
PAGE_SIZE, MAX_PAGES = 1000, 10
AT_ONCE = 2  # lists of one tenant
PASSING = (Unavailable, RateLimited, Problem)


@dataclass(frozen=True)
class OptionList:
    options: tuple[Option, ...]
    read_at: datetime
    is_whole: bool


@dataclass(frozen=True)
class Reading:
    """Of one list, for all who ask for it; ``began_at`` by the loop's clock."""

    answer: asyncio.Future[OptionList]
    began_at: float

    async def wait(self, seconds: float) -> bool:
        """Whether the answer is there, so many seconds after the reading began."""
        left = self.began_at + seconds - asyncio.get_running_loop().time()
        await asyncio.wait([self.answer], timeout=max(0.0, left))
        return self.answer.done()


class OptionLists:
    """One tenant's. Who waits for one holds no thread, so that a tenant whose ServiceTitan hangs takes nobody's."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._threads = ThreadPoolExecutor(AT_ONCE, f"options of {client.tenant.name}")
        self._known: dict[str, OptionList] = {}
        self._readings: dict[str, Reading] = {}

    def stop(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def page(self, form: ListOptions) -> OptionPage:
        """Raises `Problem` and `ServiceTitanError`."""
        found = await self.whole(form.field)
        options, cursor = page_of(matching(found.options, form.search), form, place)
        age = (self._clock() - found.read_at).total_seconds()
        return OptionPage(items=options, cursor=cursor, as_of=found.read_at, age_seconds=age, is_whole=found.is_whole)

    async def whole(self, field: str) -> OptionList:
        """While ServiceTitan is slow or down, the list that was read last."""
        known = self._known.get(field)
        if known and timedelta(0) <= self._clock() - known.read_at < FRESH:
            return known
        reading = self._reading(field)
        if not await reading.wait(MOMENT if known else MAX_SECONDS):
            if known:
                return known
            raise DeadlineExceeded("ServiceTitan did not answer in time")
        if known and isinstance(reading.answer.exception(), PASSING):
            return known
        return reading.answer.result()

    def _reading(self, field: str) -> Reading:
        """One at a time."""
        if (reading := self._readings.get(field)) is None or reading.answer.done():
            loop = asyncio.get_running_loop()
            answer = loop.run_in_executor(self._threads, self._read, field)
            answer.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may wait for it
            reading = self._readings[field] = Reading(answer, loop.time())
        return reading

    def _read(self, field: str) -> OptionList:
        read_at, resource, rows = self._clock(), OPTIONS[field], dict[int, Json]()
        deadline, is_whole = Deadline(READ_SECONDS), False
        for page in range(1, MAX_PAGES + 1):
            asked: Params = {"active": "True", "page": page, "pageSize": PAGE_SIZE}
            scope = resource.scope_to("r")
            answer = self._client.get(resource.module, resource.path, asked, scope=scope, deadline=deadline)
            rows |= {row["id"]: row for row in rows_of(answer) if isinstance(row.get("id"), int)}
            if is_whole := not answer.get("hasMore"):
                break
        self._known[field] = OptionList(tuple(options_of(rows.values())), read_at, is_whole)
        return self._known[field]


def options_of(rows: Iterable[Json]) -> Iterator[Option]:
    """The active ones; two of one name are told apart by their ids."""
    names = {row["id"]: name_of(row) for row in rows if row.get("active") is not False}
    common = Counter(names.values())
    for value, name in names.items():
        yield Option(value=value, label=f"{name} ({value})" if common[name] > 1 else name)


def name_of(row: Json) -> str:
    return " ".join(str(row.get("name") or "").split())[:200] or str(row["id"])


def matching(options: Iterable[Option], search: str) -> list[Option]:
    """All words somewhere in the label, or the very id."""
    words = search.casefold().split()
    return [one for one in options if str(one.value) == search or all(word in one.label.casefold() for word in words)]


def place(option: Option) -> tuple[str, int]:
    return option.label.casefold(), option.value
