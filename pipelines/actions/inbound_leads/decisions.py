"""A person's decision about an inbound lead that waits for one: the same for the route, the command line and a page."""

from collections.abc import Callable
from dataclasses import replace

import orjson
from pydantic import ConfigDict, Field, model_validator

from pipelines.actions.database import Row
from pipelines.actions.inbound_leads.queue import CHOOSE, Decided, LeadQueue
from pipelines.actions.inbound_leads.statuses import DISCARDED, DONE, NEEDS_REVIEW, OPEN, REJECTED, Decision
from pipelines.actions.schemas.fields import Id, Input, Text, needed
from pipelines.actions.web.problems import Problem

WAYS = ("customer_id", "create", "discard", "retry")
Current = Callable[[int], int]


class LeadDecision(Input):
    """What is to become of it, and why."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [way]} for way in WAYS]})

    customer_id: Id | None = Field(None, title="It is this customer's")
    create: bool = Field(False, title="It is a new customer's")
    discard: bool = Field(False, title="It is nobody's, and nothing is to be done")
    retry: bool = Field(False, title="Try it once more: what stood in the way is mended")
    reason: Text = Field(title="Reason", description="Kept with the decision", examples=["Called back; it is his wife"])

    @model_validator(mode="after")
    def _decides(self) -> "LeadDecision":
        chosen = [way for way in WAYS if getattr(self, way)]
        return needed(self, len(chosen) == 1, f"exactly one of {', '.join(WAYS)} is needed")

    @property
    def way(self) -> Decision:
        if self.customer_id is not None:
            return "customer"
        return "create" if self.create else "discard" if self.discard else "retry"


def decide(queue: LeadQueue, tenant_id: int, lead_id: str, form: LeadDecision, by: str, current: Current) -> Row:
    """The lead as it is now. ``current`` is asked whom the customer stands for today, and raises where there is none.
    Raises `Problem`: ``not_found``, ``settled``, ``invalid_request``."""
    row = known_lead(queue, tenant_id, lead_id)
    if row["status"] not in (NEEDS_REVIEW, REJECTED):
        raise _settled(row)
    if form.customer_id is not None:
        form = form.model_copy(update={"customer_id": current(form.customer_id)})
    if not queue.decide(tenant_id, lead_id, decided(row, form, by)):
        raise _settled(known_lead(queue, tenant_id, lead_id))
    return known_lead(queue, tenant_id, lead_id)


def _settled(row: Row) -> Problem:
    return Problem("settled", f"the lead is {row['status']}")


def known_lead(queue: LeadQueue, tenant_id: int, lead_id: str) -> Row:
    if row := queue.get(tenant_id, lead_id):
        return row
    raise Problem("not_found", "there is no such inbound lead")


def decided(row: Row, form: LeadDecision, by: str) -> Decided:
    """What is known of the customer stays, unless it is another one. Raises `Problem`."""
    stays = Decided(
        status={"discard": DISCARDED, "retry": OPEN}.get(form.way, DONE if row["lead_id"] else OPEN),
        decision=form.way,
        by=by,
        reason=form.reason,
        customer_id=row["customer_id"],
        location_id=row["location_id"],
        kept=row["kept"],
        find_first=bool(row["find_first"]),
    )
    if form.way in ("discard", "retry") or (form.customer_id and form.customer_id == row["customer_id"]):
        return stays
    if row["lead_id"]:
        raise _with_another(row, form)
    if form.create and is_nobodys(row):
        wrong = [f"the lead has nothing by which the person can be known again: {CHOOSE}"]
        raise Problem("invalid_request", "see errors: create", errors={"create": wrong})
    return replace(stays, customer_id=form.customer_id, location_id=None, kept=None, find_first=not form.create)


def _with_another(row: Row, form: LeadDecision) -> Problem:
    """ServiceTitan has the lead already."""
    field = "create" if form.create else "customer_id"
    wrong = (
        f"lead {row['lead_id']} is with customer {row['customer_id']} in ServiceTitan already: move it there, and then"
        " discard this one"
    )
    return Problem("invalid_request", f"see errors: {field}", errors={field: [wrong]})


def is_nobodys(row: Row) -> bool:
    lead = orjson.loads(row["lead"])
    return not lead.get("phone") and not lead.get("email")
