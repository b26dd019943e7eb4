"""Estimates: by ServiceTitan's own filters, or by customer."""

from collections.abc import Callable, Iterator
from typing import Any

from pydantic.alias_generators import to_camel

from pipelines.actions.context import ESTIMATES, JOBS, LOCATIONS, ActionContext, Resource
from pipelines.actions.crm.listings import IDS_BATCH, Filters, filters, listed, rows_of, typed
from pipelines.actions.crm.paging import Place, page_of
from pipelines.actions.schemas.inputs import GetEstimates
from pipelines.actions.schemas.results import Estimate, Identified, ResultPage
from pipelines.actions.web.problems import Problem
from pipelines.servicetitan.api.responses import Json

MAX_JOBS, MAX_LOCATIONS = 1000, 200  # of one customer
PAGE_SIZE, MAX_PAGES = 500, 10  # of one question


def get_estimates(call: ActionContext, form: GetEstimates) -> ResultPage[Estimate]:
    """ServiceTitan cannot filter them by customer: they go through the customer's jobs and locations."""
    if form.customer_id is None:
        return listed(call, ESTIMATES, Estimate, form)
    page, cursor = page_of(_of_customer(call, form, form.customer_id), form, _place(form.sort), form.sort[0] == "-")
    return ResultPage[Estimate](items=[typed(Estimate, row) for row in page], cursor=cursor)


def _of_customer(call: ActionContext, form: GetEstimates, customer_id: int) -> list[Json]:
    """An estimate may hang on a job, or on a location alone. One at the customer's location that names somebody else is
    not theirs."""
    side_by_side = call.services.workers[call.tenant].side_by_side
    locations = side_by_side.submit(_locations_of, call, form, customer_id)
    jobs = _jobs_of(call, form, customer_id)
    by_location: list[Filters] = [{"locationId": location} for location in locations.result()]
    questions = [*_by_job(jobs), *by_location]
    answers = side_by_side.map(lambda asked: _answer(call, form, asked), questions)
    found: dict[int, Json] = {}
    for asked, rows in zip(questions, answers, strict=True):
        theirs = rows if "locationId" not in asked else [row for row in rows if _may_be_of(row, customer_id)]
        found |= {typed(Estimate, row).id: row for row in theirs}
    return list(found.values())


def _by_job(jobs: list[Json]) -> Iterator[Filters]:
    ids = sorted({number for job in jobs for number in job.get("estimateIds") or ()})
    for first in range(0, len(ids), IDS_BATCH):
        yield {"ids": ",".join(map(str, ids[first : first + IDS_BATCH]))}
    # Before March 2026 jobs did not name their estimates.
    yield from ({"jobId": job["id"]} for job in jobs if "estimateIds" not in job)


def _may_be_of(row: Json, customer_id: int) -> bool:
    return row.get("customerId") in (None, customer_id)


def _answer(call: ActionContext, form: GetEstimates, asked: Filters) -> list[Json]:
    rows: list[Json] = []
    wanted = filters(form, leave_out=("customer_id",)) | asked | {"pageSize": PAGE_SIZE, "sort": "+Id"}
    for page in range(1, MAX_PAGES + 1):
        answer = call.get(ESTIMATES, wanted | {"page": page})
        rows += rows_of(answer)
        if not answer.get("hasMore"):
            return rows
    raise _too_many("estimates at one place", PAGE_SIZE * MAX_PAGES)


def _jobs_of(call: ActionContext, form: GetEstimates, customer_id: int) -> list[Json]:
    return _all_of(call, JOBS, customer_id, MAX_JOBS, {"ids": form.job_id} if form.job_id else {})


def _locations_of(call: ActionContext, form: GetEstimates, customer_id: int) -> list[int]:
    asked: Filters = {"active": "Any"}
    if form.location_id:
        asked["ids"] = form.location_id
    return [row["id"] for row in _all_of(call, LOCATIONS, customer_id, MAX_LOCATIONS, asked)]


def _all_of(call: ActionContext, resource: Resource, customer_id: int, most: int, more: Filters) -> list[Json]:
    answer = call.get(resource, {**more, "customerId": customer_id, "sort": "+Id", "pageSize": most})
    if answer.get("hasMore"):
        raise _too_many(resource.path, most)
    return [row for row in rows_of(answer) if typed(Identified, row)]


def _too_many(what: str, most: int) -> Problem:
    return Problem("rejected", f"the customer has more than {most} {what}; ask by job_id or location_id")


def _place(sort: str) -> Callable[[Json], Place]:
    """Stamps have 0 to 7 digits of fraction, so that they compare as text only without their Z."""
    field = to_camel(sort.removeprefix("-"))

    def place(row: Json) -> Place:
        value: Any = row.get(field) or ""
        return value if isinstance(value, int) else str(value).removesuffix("Z"), row["id"]

    return place
