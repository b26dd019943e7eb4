"""Leads: create."""

from datetime import datetime, timedelta

from pipelines.actions.context import LEADS, ActionContext
from pipelines.actions.crm import identity
from pipelines.actions.crm.listings import Filters, rows_of, typed, utc, written
from pipelines.actions.crm.merges import refuse_inactive, survivors
from pipelines.actions.crm.write_once import Write, already_written, of_other_writes, write_once
from pipelines.actions.schemas.fields import with_more
from pipelines.actions.schemas.inputs import CreateLead
from pipelines.actions.schemas.results import Lead
from pipelines.servicetitan.api.responses import Json
from pipelines.texts import clean

CLOCKS_APART = timedelta(minutes=5)  # between ServiceTitan's and ours
SAME = (
    "customerId",
    "campaignId",
    "summary",
    "callReasonId",
    "jobTypeId",
    "leadPhone",
    "leadEmail",
    "leadCustomerName",
)


def create_lead(call: ActionContext, form: CreateLead) -> Lead:
    """A customer who was merged away stands for the survivor. Raises `Problem` for one who is inactive; of one who is
    not there ServiceTitan says so."""
    if form.customer_id and (record := survivors(call, [form.customer_id]).get(form.customer_id)):
        refuse_inactive(record)
        form = form.model_copy(update={"customer_id": record["id"]})
    body = lead_body(form, call.tenant.country)
    write = Write(LEADS, lambda: call.post(LEADS, body), lambda began: _look(call, body, began))
    return typed(Lead, already_written(call, write) or write_once(call, write))


def lead_body(form: CreateLead, country: str) -> Json:
    """A number, an address by which nobody can be known stands in the summary, as typed."""
    person = identity.given(form.lead_customer_name, form.lead_phone, form.lead_email, country)
    phone = form.lead_phone or "@"  # an address may stand in the number's place
    reaches = {
        "lead_phone": person.phone and (form.lead_phone if "@" not in phone else identity.written(person.phone)),
        "lead_email": person.email and (form.lead_email or person.email),
    }
    summary = with_more(form.summary, [one.value for one in person.left_out])
    return written(form.model_copy(update=reaches | {"summary": summary}), leave_out=("tenant",))


def _look(call: ActionContext, body: Json, began: datetime) -> Json | None:
    """Leads take no external data: a lead with the same content, entered since, that is no other write of ours."""
    asked: Filters = {"createdOnOrAfter": utc(began - CLOCKS_APART), "sort": "-Id", "pageSize": 200}
    if "customerId" in body:
        asked["customerId"] = body["customerId"]
    others = of_other_writes(call, LEADS)
    rows = (row for row in rows_of(call.get(LEADS, asked)) if row["id"] not in others)
    return next((row for row in rows if all(_plain(row.get(name)) == body.get(name) for name in SAME)), None)


def _plain(value: object) -> object:
    """0.1.0 wrote carriage returns, which we no longer do."""
    return clean(value) if isinstance(value, str) else value
