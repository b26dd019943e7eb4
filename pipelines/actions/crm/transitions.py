"""The gate, as an action: may a flow that a transition started still send? Asked of our own store alone."""

from collections.abc import Sequence

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


def tenant_of(services: Services, form: CheckTransition, tenants: Sequence[Tenant]) -> Tenant:
    """Raises `Problem`, the same for another caller's as for one that is not there."""
    with services.store.reading() as con:
        tenant_id = gate.owner(con, form.transition_id)
    found = next((tenant for tenant in tenants if tenant.id == tenant_id), None)
    if found is None:
        raise unknown(form)
    return found


def unknown(form: CheckTransition) -> Problem:
    return Problem("not_found", f"nothing was told of a transition {form.transition_id}")
