"""Inbound leads: what came of them, and whose those are that wait for a person."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import starmap
from typing import Annotated, Any, get_args
from uuid import UUID

import anyio.from_thread
from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from pipelines.actions.context import ActionContext
from pipelines.actions.crm.merges import current
from pipelines.actions.crm.places import one_line
from pipelines.actions.database import Row
from pipelines.actions.inbound_leads import listing
from pipelines.actions.inbound_leads.comparison import Compared, compare, lead_in
from pipelines.actions.inbound_leads.decisions import WAYS, LeadDecision, decide, is_nobodys
from pipelines.actions.inbound_leads.forms import TakenLead, person_in
from pipelines.actions.inbound_leads.statuses import DISCARDED, NEEDS_REVIEW, REJECTED, LeadStatus
from pipelines.actions.inbound_leads.worker import customer_form
from pipelines.actions.schemas.results import Address
from pipelines.actions.web.problems import Problem
from pipelines.actions.web.servicetitan_problems import as_problem
from pipelines.console.context import Console, Here
from pipelines.console.forms import Form
from pipelines.console.guard import Posted, Visitor
from pipelines.console.invalid import sentence
from pipelines.console.refusals import Refusal, not_there
from pipelines.console.rendering import done, render
from pipelines.console.sessions import Session
from pipelines.servicetitan.api.deadline import Deadline
from pipelines.servicetitan.api.errors import ServiceTitanError
from pipelines.settings import Tenant

router = APIRouter()
PATH = "/console/leads"
PAGE, WAITING = 50, 5
PATIENCE = 2.5  # seconds that a page waits for ServiceTitan
PATIENCE_TO_DECIDE = 20.0
WORDS: Mapping[str, str] = {
    "open": "on its way",
    "needs_review": "needs review",
    "rejected": "rejected by ServiceTitan",
    "done": "done",
    "test": "a form's test",
    "discarded": "discarded",
}
COLORS = {"needs_review": "warn", "rejected": "bad", "done": "good"}
Page = Annotated[int, Query(ge=1, le=10_000)]


@dataclass(frozen=True)
class Lead:
    """``lead``: None where its contact data are forgotten."""

    row: Row
    tenant: Tenant
    lead: TakenLead | None
    compared: Compared | None = None

    @property
    def waits(self) -> bool:
        return self.row["status"] in (NEEDS_REVIEW, REJECTED)

    @property
    def address(self) -> str:
        return one_line(Address(**self.lead.address.model_dump())) if self.lead else ""

    @property
    def may_be_new(self) -> bool:
        """Whether "a new customer" is an answer: see `LeadDecision`."""
        return not self.row["lead_id"] and not is_nobodys(self.row)


@router.get(PATH)
def show(
    request: Request, console: Here, session: Visitor, status: str = "", tenant: str = "", page: Page = 1
) -> Response:
    known = console.tenants_by_id(session)
    chosen = {one.id: one for one in [console.tenant(session, tenant)]} if tenant else known
    wanted = wanted_status(status)
    with console.reading() as con:
        found = listing.newest(con, chosen, wanted, limit=PAGE + 1, offset=(page - 1) * PAGE)
        waiting = listing.waiting(con, chosen, limit=WAITING) if page == 1 else []
        how_many = listing.how_many_wait(con, chosen)
    return render(
        request,
        "leads.html",
        leads=[Lead(row, known[row["tenant_id"]], lead_in(row)) for row in found[:PAGE]],
        waiting=compared(console, session, known, waiting),
        how_many=how_many,
        has_more=len(found) > PAGE,
        page=page,
        wanted=status,
        tenant=tenant,
        words=WORDS,
        colors=COLORS,
    )


@router.get(f"{PATH}/{{lead_id}}")
def show_one(request: Request, console: Here, session: Visitor, lead_id: UUID) -> Response:
    known = console.tenants_by_id(session)
    [one] = compared(console, session, known, [found(console, known, lead_id)])
    return render(request, "lead.html", one=one, words=WORDS, colors=COLORS)


@router.post(f"{PATH}/{{lead_id}}/decision")
def decide_about(request: Request, console: Here, session: Visitor, form: Posted, lead_id: UUID) -> Response:
    known = console.tenants_by_id(session)
    row = found(console, known, lead_id)
    one = Lead(row, known[row["tenant_id"]], lead_in(row))
    call = call_of(console, session, one.tenant, PATIENCE_TO_DECIDE)
    decision = decision_in(form)
    if decision.create and one.waits and one.may_be_new and form.get("confirm") != "yes":
        return question(request, one, decision.reason)
    try:
        now = decide(
            console.services.lead_queue, call.tenant.id, row["id"], decision, session.name, partial(stands_for, call)
        )
    except ServiceTitanError as error:
        raise as_problem(error) from None
    return done(request, f"{PATH}/{row['id']}", told(now))


def question(request: Request, one: Lead, reason: str) -> Response:
    """What a new customer would be, before ServiceTitan has one."""
    assert one.lead
    form = customer_form(one.lead, person_in(one.lead, one.tenant))
    address = one_line(Address(**form.address.model_dump(exclude={"name"})))
    return render(request, "lead_question.html", one=one, form=form, address=address, reason=reason)


def wanted_status(status: str) -> LeadStatus | None:
    """Raises `Refusal`."""
    wanted: LeadStatus | None = next((one for one in get_args(LeadStatus) if one == status), None)
    if status and wanted is None:
        raise Refusal(404, f"status: found {status!r}; expected one of the list: {', '.join(WORDS.values())}")
    return wanted


def found(console: Console, known: Mapping[int, Tenant], lead_id: UUID) -> Row:
    """Raises `Refusal`."""
    with console.reading() as con:
        row = listing.find(con, known, str(lead_id))
    if row is None:
        raise not_there(f"lead {lead_id}")
    return row


def decision_in(form: Form) -> LeadDecision:
    """Raises `Refusal`."""
    reason, number = form.reason, next(iter(form.all("customer_id")), None)
    fields: dict[str, Any] = {way: True for way in WAYS if way != "customer_id" and form.is_ticked(way)}
    if number is not None:
        fields["customer_id"] = number.lstrip("#")
    try:
        return LeadDecision(reason=reason, **fields)
    except ValidationError as error:
        raise Refusal(422, f"{sentence(error.errors()[0])}; nothing was done") from None


def stands_for(call: ActionContext, customer_id: int) -> int:
    """Whom the customer stands for in ServiceTitan today. Raises `Problem`, `ServiceTitanError`."""
    return int(current(call, customer_id)["id"])


def compared(console: Console, session: Session, known: Mapping[int, Tenant], rows: Sequence[Row]) -> list[Lead]:
    """Beside those whom they may belong to, asked live where ServiceTitan answers in time."""
    by_tenant: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_tenant[row["tenant_id"]].append(row)
    calls = [(call_of(console, session, known[one], PATIENCE), some) for one, some in by_tenant.items()]
    beside = anyio.from_thread.run(asked_of_all, calls)
    return [Lead(row, known[row["tenant_id"]], lead_in(row), beside[row["id"]]) for row in rows]


async def asked_of_all(calls: Sequence[tuple[ActionContext, Sequence[Row]]]) -> dict[str, Compared]:
    """All tenants at once: the slowest is waited for, and not each."""
    beside: dict[str, Compared] = {}
    for found in await asyncio.gather(*starmap(asked, calls)):
        beside |= found
    return beside


async def asked(call: ActionContext, rows: Sequence[Row]) -> dict[str, Compared]:
    try:
        return await call.services.workers[call.tenant].reads.run(partial(compare, call, rows))
    except Problem as problem:
        return {row["id"]: Compared([], 0, problem.words) for row in rows}


def call_of(console: Console, session: Session, tenant: Tenant, seconds: float) -> ActionContext:
    return ActionContext(console.services, tenant, session.name, deadline=Deadline(seconds))


def told(row: Row) -> str:
    if row["status"] == DISCARDED:
        return "Discarded: nothing is done with this lead."
    whose = f"It is given to customer {row['customer_id']}" if row["decision"] == "customer" else "It goes on"
    return f"{whose}: within seconds this page shows what came of it."
