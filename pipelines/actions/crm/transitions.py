"""The gate, as an action: may a flow that a transition started still send? Asked of our own store alone."""

from collections.abc import Callable

from pydantic import SecretStr

from pipelines.actions.context import ActionContext, Services
from pipelines.actions.schemas.inputs import CheckTransition
from pipelines.actions.schemas.results import TransitionCheck
from pipelines.actions.web.problems import Problem
from pipelines.flow_builder import gate
from pipelines.settings import Tenant


def check_transition(call: ActionContext, form: CheckTransition) -> TransitionCheck:
    with call.services.store.reading() as con:
        answer = gate.check(con, call.services.settings, form.transition_id, call.now())
    if answer is None or answer.tenant_id != call.tenant.id:
        raise unknown(form)
    return TransitionCheck.model_validate(answer, from_attributes=True)


def tenant_of(services: Services, form: CheckTransition, opens: Callable[..., bool]) -> Tenant:
    """Also one that is not connected any more. Raises `Problem`, the same for another caller's as for one that is not
    there."""
    with services.store.reading() as con:
        tenant_id = gate.owner(con, form.transition_id)
    if tenant_id is None:
        raise unknown(form)
    found = services.tenant(tenant_id) or disconnected(tenant_id)
    if not opens(found.name, found.id):
        raise unknown(form)
    return found


def disconnected(tenant_id: int) -> Tenant:
    """Nothing but its id is known."""
    gone = "disconnected"
    return Tenant(name=str(tenant_id), id=tenant_id, client_id=gone, client_secret=SecretStr(gone))


def unknown(form: CheckTransition) -> Problem:
    return Problem("not_found", f"nothing was told of a transition {form.transition_id}")
