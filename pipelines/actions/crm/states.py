"""A customer's state: look it up in the marts, or set it by hand, which takes effect with the next sync."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from pipelines.actions.context import CUSTOMERS, ActionContext
from pipelines.actions.schemas.inputs import GetState, UpdateState
from pipelines.actions.schemas.results import CustomerState, StateSet, StateTransition, StateUpdate
from pipelines.actions.schemas.state_names import customer_states
from pipelines.actions.web.problems import Problem
from pipelines.analytics.reader import Row
from pipelines.annotations import state_updates
from pipelines.annotations.state_updates import SetState
from pipelines.operations import Connection

CONTACT_RECORD = 0.0


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


def update_state(
    call: ActionContext, form: UpdateState, also: Callable[[Connection], None] = lambda _: None
) -> StateSet:
    """``also``: done in the same transaction. Raises `Problem`: ``state_differs`` where another state was expected."""
    check_states(form)
    done = known_update(call)
    if done is None:
        current = current_state(call, form.customer_id)
        if form.expected_state is not None and current != form.expected_state:
            detail = f"the customer is in {named(current)}, not in {named(form.expected_state)}; nothing was changed"
            raise Problem("state_differs", detail, current_state=current)
        update = SetState(
            call.tenant.id,
            call.write_id,
            form.customer_id,
            form.state,
            form.job_id,
            form.reason,
            call.by,
            call.now(),
            form.start_flow,
        )
        with call.services.store.writing() as con:
            done = state_updates.add(con, update)
            also(con)
    return StateSet(customer_id=form.customer_id, update=_shown(done))


def known_update(call: ActionContext) -> SetState | None:
    """What the same request has set before."""
    with call.services.store.reading() as con:
        return state_updates.find(con, call.write_id)


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
    with call.services.store.reading() as con:
        newest = state_updates.newest(con, call.tenant.id, customer_id)
    return _shown(newest) if newest else None


def named(state: float) -> str:
    known = customer_states().get(state)
    return f"{state:g} ({known.name})" if known else f"{state:g}"


def _is_news(update: StateUpdate, row: Row) -> bool:
    """What was set before the state was entered has been overtaken, or is that state."""
    changed: datetime | None = row["state_changed_at"]
    return changed is None or update.set_at > changed


def _shown(update: SetState) -> StateUpdate:
    state = customer_states().get(update.to_state)
    return StateUpdate(
        id=UUID(update.id),
        state=update.to_state,
        state_name=state.name if state else "",
        job_id=update.job_id,
        reason=update.reason,
        set_by=update.set_by,
        set_at=update.set_at,
        start_flow=update.start_flow,
    )
