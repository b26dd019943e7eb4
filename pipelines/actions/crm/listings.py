"""Live lists of appointments, jobs and leads, a page at a time."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from pipelines.actions.context import APPOINTMENTS, JOBS, LEADS, ActionContext, Resource
from pipelines.actions.crm.paging import cursor_of, page_number
from pipelines.actions.schemas.inputs import Changed, GetAppointments, GetJobs, GetLeads
from pipelines.actions.schemas.results import Appointment, Item, Job, Lead, ResultPage
from pipelines.actions.web.problems import Problem

SORTS = {"id": "Id", "created_on": "CreatedOn", "modified_on": "ModifiedOn"}
PAGING = {"tenant", "limit", "cursor", "sort"}
IDS_BATCH = 50  # ServiceTitan's limit of ``ids``

Filters = dict[str, str | int]
Result = TypeVar("Result", bound=BaseModel)


def get_appointments(call: ActionContext, form: GetAppointments) -> ResultPage[Appointment]:
    return listed(call, APPOINTMENTS, Appointment, form)


def get_jobs(call: ActionContext, form: GetJobs) -> ResultPage[Job]:
    return listed(call, JOBS, Job, form)


def get_leads(call: ActionContext, form: GetLeads) -> ResultPage[Lead]:
    return listed(call, LEADS, Lead, form)


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
