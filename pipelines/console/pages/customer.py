"""One customer as a timeline, and the state that a person sets."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import duckdb
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from pipelines.actions.context import ActionContext
from pipelines.actions.crm.states import newest_update, update_state
from pipelines.actions.schemas.inputs import UpdateState
from pipelines.actions.schemas.state_names import customer_states
from pipelines.analytics.customer_history import history
from pipelines.analytics.customer_index import survivors
from pipelines.analytics.published import NotPublished
from pipelines.console import words
from pipelines.console.context import Console, Here
from pipelines.console.guard import Posted, Visitor
from pipelines.console.invalid import sentence
from pipelines.console.refusals import Refusal, not_there
from pipelines.console.rendering import done, render
from pipelines.console.timeline import MOST, next_steps, timeline
from pipelines.flow_builder import gate, switches
from pipelines.flow_builder.delivery import Key
from pipelines.flow_builder.outbox import lists
from pipelines.flow_builder.outbox.knowledge import OutboxKnowledge
from pipelines.flow_builder.outbox.queries import of_customer
from pipelines.flow_builder.runs import Run, runs
from pipelines.flow_builder.statuses import Status
from pipelines.operations import Connection
from pipelines.operations.decisions import note
from pipelines.settings import Tenant

router = APIRouter()
RUNS = 10
OVER = timedelta(days=1)  # after its own reset, a flow has sent its last mail


@dataclass(frozen=True)
class RunningFlow:
    """``why_not``: why none of its mails may go at the moment, in words."""

    name: str
    began_at: datetime | None
    is_ending: bool
    why_not: list[str]


@dataclass(frozen=True)
class Contact:
    """As a message had it: ``customer``, ``location`` and ``appointment`` of its data."""

    at: str
    customer: Mapping[str, Any]
    location: Mapping[str, Any] | None
    appointment: Mapping[str, Any] | None

    @property
    def address(self) -> str:
        place = self.location or {}
        return ", ".join(filter(None, (place.get(one) for one in ("street", "unit", "city", "state", "zip"))))


@router.get("/console/customers/{tenant}/{customer_id}")
def show(request: Request, console: Here, session: Visitor, tenant: str, customer_id: int) -> Response:
    whose = console.tenant(session, tenant)
    found = history_of(console, whose, customer_id)
    if found is None:
        return elsewhere(console, whose, customer_id)
    with console.reading() as con:
        messages = of_customer(con, whose.id, customer_id, MOST)
        attempts = {row["webhook_id"]: lists.attempts(con, row["webhook_id"]) for row in messages if row["attempts"]}
        switch = switches.in_force(switches.read(con, [whose]), whose.id)
        contact = contact_of(con, messages)
        running = running_flows(console, con, Key(whose.id, customer_id), found)
    states = customer_states(whose.id)
    entries = timeline(found, messages, attempts, states)
    return render(
        request,
        "customer.html",
        whose=whose,
        customer=found["state"],
        state=words.state(found["state"]["current_state"], found["state"]["current_state_name"]),
        entries=entries[:MOST],
        left_out=len(entries) - MOST,
        steps=[*next_steps(found, messages, switch.is_paused, states)],
        pending=pending(console, whose, found),
        running=running,
        contact=contact,
        switch=switch,
        states=states.values(),
        words=words,
    )


def contact_of(con: Connection, messages: Sequence[Mapping[str, Any]]) -> Contact | None:
    """Of the newest message whose body is kept: the file for analysts has no contact data."""
    for row in messages:
        body = lists.body(con, row["webhook_id"])
        data = json.loads(body).get("data", {}) if body else {}
        if data.get("customer"):
            return Contact(row["created_at"], data["customer"], data.get("location"), data.get("appointment"))
    return None


def history_of(console: Console, tenant: Tenant, customer_id: int) -> dict[str, Any] | None:
    try:
        with console.services.marts.reading() as con:
            return history(con, tenant.id, customer_id)
    except (NotPublished, duckdb.CatalogException, duckdb.ConversionException):
        return None


def elsewhere(console: Console, tenant: Tenant, customer_id: int) -> Response:
    """One that was merged away is the one into which it was. Raises `Refusal`."""
    with console.reading() as con:
        into = survivors(con, tenant.id, {customer_id}) - {customer_id}
    if len(into) == 1 and history_of(console, tenant, *into):
        return RedirectResponse(f"/console/customers/{tenant.name}/{into.pop()}", 303)
    raise not_there(f"customer {customer_id} of {tenant.name}")


def running_flows(console: Console, con: Connection, key: Key, found: Mapping[str, Any]) -> list[RunningFlow]:
    transitions = [one["transition_id"] for one in found["transitions"] if not one["retracted_at"]]
    newest = found["transitions"][-1] if found["transitions"] else None
    if newest and newest["event_name"] == "reset" and newest["occurred_at"] < console.clock() - OVER:
        return []
    rows = OutboxKnowledge(con).rows([key], transitions[-RUNS:])
    going = [run for run in runs(rows) if has_begun(run) and not run.has_ended][:RUNS]
    return [running_flow(console, con, run) for run in going]


def has_begun(run: Run) -> bool:
    """Or may have: what starts it has left."""
    return run.row.status == Status.DELIVERED or run.row.may_have_arrived


def running_flow(console: Console, con: Connection, run: Run) -> RunningFlow:
    answer = gate.check(con, console.settings, run.transition_id, console.clock())
    reasons = [words.reason(one) for one in answer.reasons] if answer else []
    return RunningFlow(str(run.row.flow_name), run.row.occurred_at, run.is_ended, reasons)


def pending(console: Console, tenant: Tenant, found: Mapping[str, Any]) -> str:
    """The state that somebody has set, and that the next sync will see."""
    state = found["state"]
    newest = newest_update(ActionContext(console.services, tenant, ""), state["servicetitan_customer_id"])
    changed = state["state_changed_at"]
    if newest is None or (changed and newest.set_at <= changed) or newest.state == float(state["current_state"]):
        return ""
    return f"{words.state(newest.state, newest.state_name)}, set by {newest.set_by}: {newest.reason}"


@router.post("/console/customers/{tenant}/{customer_id}/state")
def set_state(
    request: Request, console: Here, session: Visitor, form: Posted, tenant: str, customer_id: int
) -> Response:
    """With the next sync; the flow of the state starts only where it was ticked."""
    whose = console.tenant(session, tenant)
    if history_of(console, whose, customer_id) is None:
        raise not_there(f"customer {customer_id} of {whose.name}")
    known = {f"{state:g}": one for state, one in customer_states(whose.id).items()}
    state, reason = known[form.one_of("state", [*known])], form.reason
    starts = form.is_ticked("start_flow")
    shown = words.state(state.number, state.name)
    how = "with its flow" if starts else "without its flow"
    now = console.clock()
    noted = partial(
        note,
        action="state set",
        tenant_id=whose.id,
        subject=f"customer {customer_id} to {shown}, {how}",
        reason=reason,
        by=session.name,
        now=now,
    )
    call = ActionContext(console.services, whose, session.name, write_id=str(uuid4()))
    update_state(call, asked(customer_id, state.number, reason, form.get("expected_state"), starts), noted)
    return done(request, f"/console/customers/{whose.name}/{customer_id}", f"{shown} is set with the next sync, {how}.")


def asked(customer_id: int, state: float, reason: str, expected: str, starts: bool) -> UpdateState:
    """Raises `Refusal`."""
    form = {"customer_id": customer_id, "state": state, "reason": reason, "start_flow": starts}
    try:
        return UpdateState.model_validate(form | ({"expected_state": float(expected)} if expected else {}))
    except ValidationError as error:
        raise Refusal(422, f"{sentence(error.errors()[0])}; nothing was done") from None
    except ValueError:
        raise Refusal(422, f"expected_state: found {expected!r}; expected a number; nothing was done") from None
