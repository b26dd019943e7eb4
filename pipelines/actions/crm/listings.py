"""Live lists of appointments, jobs, estimates and leads, a page at a time."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from pipelines.actions.context import APPOINTMENTS, ESTIMATES, JOBS, LEADS, ActionContext, Resource
from pipelines.actions.schemas.inputs import Changed, GetAppointments, GetEstimates, GetJobs, GetLeads
from pipelines.actions.schemas.results import Appointment, Estimate, Item, Job, Lead, ResultPage
from pipelines.actions.web.problems import Problem

SORTS = {"id": "Id", "created_on": "CreatedOn", "modified_on": "ModifiedOn"}
PAGING = {"tenant", "limit", "cursor", "sort"}
IDS_BATCH = 50  # ServiceTitan's limit of ``ids``
MAX_JOBS = 1000  # of one customer

Filters = dict[str, str | int]
Result = TypeVar("Result", bound=BaseModel)


def get_appointments(call: ActionContext, form: GetAppointments) -> ResultPage[Appointment]:
    return listed(call, APPOINTMENTS, Appointment, form)


def get_jobs(call: ActionContext, form: GetJobs) -> ResultPage[Job]:
    return listed(call, JOBS, Job, form)


def get_leads(call: ActionContext, form: GetLeads) -> ResultPage[Lead]:
    return listed(call, LEADS, Lead, form)


def get_estimates(call: ActionContext, form: GetEstimates) -> ResultPage[Estimate]:
    """ServiceTitan cannot filter them by customer: they go through the customer's jobs."""
    if form.customer_id is None:
        return listed(call, ESTIMATES, Estimate, form)
    number = page_number(form)
    found = sorted(_of_customer(call, form), key=lambda row: _sort_key(row, form.sort), reverse=form.sort[0] == "-")
    first = (number - 1) * form.limit
    more = len(found) > first + form.limit
    items = [typed(Estimate, row) for row in found[first : first + form.limit]]
    return ResultPage[Estimate](items=items, cursor=cursor_of(form, number + 1) if more else None)


def listed(call: ActionContext, resource: Resource, result: type[Item], form: Changed) -> ResultPage[Item]:
    number = page_number(form)
    params = filters(form) | {"sort": _sort(form.sort), "page": number, "pageSize": form.limit}
    answer = call.get(resource, params)
    items = [typed(result, row) for row in rows_of(answer)]
    return ResultPage[result](items=items, cursor=cursor_of(form, number + 1) if answer.get("hasMore") else None)  # type: ignore[valid-type]


def typed(result: type[Result], record: Any) -> Result:
    """Raises `Problem` for a record that lacks what even we cannot do without."""
    try:
        return result.model_validate(record)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors())
        raise Problem("unavailable", f"ServiceTitan's answer does not fit its own schema: {fields}") from None


def rows_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    rows = answer.get("data")
    if not isinstance(rows, list):
        raise Problem("unavailable", "ServiceTitan's answer holds no data")
    return rows


def filters(form: Changed, leave_out: Iterable[str] = ()) -> Filters:
    """What was filled in, under ServiceTitan's names: ``starts_before`` -> ``startsBefore``."""
    filled = form.model_dump(exclude_none=True, exclude={*PAGING, *leave_out})
    if "active" in filled:
        filled["active"] = filled["active"].capitalize()
    return {to_camel(name): _written(value) for name, value in filled.items()}


def written(form: BaseModel, leave_out: Iterable[str] = ()) -> dict[str, Any]:
    """A form as the body of a write, in ServiceTitan's names."""
    filled = form.model_dump(mode="json", exclude_none=True, exclude=set(leave_out))
    return {to_camel(name): value for name, value in filled.items()}


def _written(value: Any) -> str | int:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):  # a date without time or zone is ignored by some filters
        return utc(value)
    return value if isinstance(value, int) else str(value)


def utc(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _sort(sort: str) -> str:
    return ("-" if sort[0] == "-" else "+") + SORTS[sort.removeprefix("-")]


def page_number(form: Changed) -> int:
    """Of the cursor, which belongs to one question: the same filters, order and limit."""
    if form.cursor is None:
        return 1
    try:
        number, question = orjson.loads(base64.urlsafe_b64decode(form.cursor))
        if question == _question(form) and isinstance(number, int) and 1 < number < 10**6:
            return number
    except (ValueError, TypeError, binascii.Error):
        pass
    wrong = "expected the cursor of the previous answer, with all else unchanged"
    raise Problem("invalid_request", "see errors: cursor", errors={"cursor": [wrong]})


def cursor_of(form: Changed, number: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([number, _question(form)])).decode()


def _question(form: Changed) -> str:
    asked = form.model_dump_json(exclude={"cursor", "tenant"})
    return sha256(f"{type(form).__name__}{asked}".encode()).hexdigest()[:12]


def _of_customer(call: ActionContext, form: GetEstimates) -> list[dict[str, Any]]:
    jobs = list(_jobs_of(call, form))
    ids = sorted({number for job in jobs for number in job.get("estimateIds") or ()})
    wanted = filters(form, leave_out=("customer_id",))
    questions: list[Filters] = [
        {"ids": ",".join(map(str, ids[first : first + IDS_BATCH]))} for first in range(0, len(ids), IDS_BATCH)
    ]
    # Before March 2026 jobs did not name their estimates.
    questions += [{"jobId": job["id"]} for job in jobs if "estimateIds" not in job]
    answers = call.services.workers[call.tenant].side_by_side.map(
        lambda asked: call.get(ESTIMATES, wanted | asked | {"pageSize": 500}), questions
    )
    return list({row["id"]: row for answer in answers for row in rows_of(answer)}.values())


def _jobs_of(call: ActionContext, form: GetEstimates) -> Iterator[dict[str, Any]]:
    asked: Filters = {"customerId": form.customer_id or 0, "sort": "+Id", "pageSize": MAX_JOBS}
    if form.job_id:
        asked["ids"] = form.job_id
    answer = call.get(JOBS, asked)
    if answer.get("hasMore"):
        raise Problem("rejected", f"the customer has more than {MAX_JOBS} jobs; ask by job_id or location_id")
    yield from rows_of(answer)


def _sort_key(row: dict[str, Any], sort: str) -> Any:
    """Stamps have 0 to 7 digits of fraction, so that they compare as text only without their Z."""
    value = row.get(to_camel(sort.removeprefix("-"))) or ""
    return value if isinstance(value, int) else str(value).removesuffix("Z")
