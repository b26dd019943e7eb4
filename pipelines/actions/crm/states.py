"""A customer's state: look it up in the marts, or set it by hand, which takes effect with the next sync."""

from datetime import datetime
from uuid import UUID

from pipelines.actions.context import CUSTOMERS, ActionContext
from pipelines.actions.database import Row as StoredRow
from pipelines.actions.schemas.inputs import GetState, UpdateState
from pipelines.actions.schemas.results import CustomerState, StateSet, StateTransition, StateUpdate
from pipelines.actions.schemas.state_names import customer_states
from pipelines.actions.web.problems import Problem
from pipelines.analytics.reader import Row
from pipelines.operations import moment, stamp

CONTACT_RECORD = 0.0
NEWEST = """
select * from state_updates where tenant_id = ? and customer_id = ? order by set_at desc, id limit 1
"""
INSERT = """
insert into state_updates (tenant_id, id, customer_id, to_state, job_id, reason, set_by, set_at)
values (?, ?, ?, ?, ?, ?, ?, ?)
on conflict do nothing
"""


def get_state(call: ActionContext, form: GetState) -> CustomerState:
    row = call.services.marts.state(call.tenant.id, form.customer_id)
    if row is None:
        detail = f"no state is known of customer {form.customer_id}; a new customer has one after the next sync"
        raise Problem("not_found", detail)
    history = call.services.marts.history(call.tenant.id, form.customer_id)
    newest = newest_update(call, form.customer_id)
    pending = newest if newest and _is_news(newest, row) and newest.state != row["current_state"] else None
    return CustomerState(
        customer_id=row["servicetitan_customer_id"],
        pending=pending,
        history=[StateTransition.model_validate(entry) for entry in history],
        **{name: row[name] for name in CustomerState.model_fields if name in row},
    )


def update_state(call: ActionContext, form: UpdateState) -> StateSet:
    """Raises `Problem`: ``state_differs`` where another state was expected."""
    check_states(form)
    done = call.services.store.row("select * from state_updates where id = ?", call.write_id)
    if done is None:
        current = current_state(call, form.customer_id)
        if form.expected_state is not None and current != form.expected_state:
            detail = f"the customer is in {named(current)}, not in {named(form.expected_state)}; nothing was changed"
            raise Problem("state_differs", detail, current_state=current)
        values = (form.state, form.job_id, form.reason, call.by, stamp(call.now()))
        call.services.store.write(INSERT, call.tenant.id, call.write_id, form.customer_id, *values)
        done = call.services.store.row("select * from state_updates where id = ?", call.write_id)
        assert done is not None
    return StateSet(customer_id=form.customer_id, update=_update(done))


def current_state(call: ActionContext, customer_id: int) -> float:
    """As the next sync will see it; raises `ServiceTitanError` for a customer who does not exist."""
    row, newest = call.services.marts.state(call.tenant.id, customer_id), newest_update(call, customer_id)
    if row is None:
        call.get(CUSTOMERS.below(customer_id))
    if newest and (row is None or _is_news(newest, row)):
        return newest.state
    return float(row["current_state"]) if row else CONTACT_RECORD


def check_states(form: UpdateState) -> None:
    asked = {"state": form.state, "expected_state": form.expected_state}
    expected = "expected one of " + ", ".join(f"{number:g}" for number in customer_states())
    if errors := {
        field: [expected] for field, state in asked.items() if state is not None and state not in customer_states()
    }:
        raise Problem("invalid_request", f"see errors: {', '.join(errors)}", errors=errors)


def newest_update(call: ActionContext, customer_id: int) -> StateUpdate | None:
    row = call.services.store.row(NEWEST, call.tenant.id, customer_id)
    return _update(row) if row else None


def named(state: float) -> str:
    known = customer_states().get(state)
    return f"{state:g} ({known.name})" if known else f"{state:g}"


def _is_news(update: StateUpdate, row: Row) -> bool:
    """What was set before the state was entered has been overtaken, or is that state."""
    changed: datetime | None = row["state_changed_at"]
    return changed is None or update.set_at > changed


def _update(row: StoredRow) -> StateUpdate:
    values = dict(row)
    state = customer_states().get(values["to_state"])
    return StateUpdate(
        id=UUID(values["id"]),
        state=values["to_state"],
        state_name=state.name if state else "",
        job_id=values["job_id"],
        reason=values["reason"],
        set_by=values["set_by"],
        set_at=moment(values["set_at"]),
    )
