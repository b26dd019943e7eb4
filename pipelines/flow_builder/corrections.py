"""What was told and is no longer so: delivery.md section 2, steps 5 and 6."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import md5

from pipelines.flow_builder.customer import Transition, newest_told
from pipelines.flow_builder.delivery import Delivery
from pipelines.flow_builder.outlook import Outlook, about, numbered
from pipelines.flow_builder.runs import Runs, runs
from pipelines.flow_builder.statuses import Status
from pipelines.flow_builder.visits import is_on, named, visit_ahead, visit_of
from pipelines.flow_builder.writing import with_visit


def correction(
    outlook: Outlook, started: Runs, others: Sequence[Delivery], earlier: Sequence[Delivery]
) -> Delivery | None:
    """The one that ``others`` leave to be told, after the ``earlier`` ones."""
    customer, newest, told = outlook.customer, outlook.newest, newest_told(outlook.customer, others)
    if told is None or customer.is_alias:
        return None
    differs = customer.is_active and told.told_state != outlook.state
    if not (differs or any(not run.is_ended and started.why(run, others) for run in runs(others))):
        return None
    prefix = md5(f"{customer.key.tenant_id}:{customer.key.customer_id}".encode()).hexdigest()
    corrected = Delivery(
        webhook_id=numbered(f"{prefix}-corrected-", others),
        kind="corrected",
        key=customer.key,
        transition_id=newest.transition_id if newest else None,
        told_state=outlook.state,
        status=Status.PENDING,
        occurred_at=newest.occurred_at if newest else None,
        ends=started.ending(earlier, others),
        follows=told.webhook_id,
    )
    return None if was_refused(outlook, corrected, others) else with_visit(outlook, corrected, newest)


def was_refused(outlook: Outlook, corrected: Delivery, others: Sequence[Delivery]) -> bool:
    """The same was said in vain, or a person did not want it, or the tenant is in shadow."""
    last = next((row for row in reversed(others) if row.kind == "corrected" and row.key == corrected.key), None)
    if last is None or last.follows not in (None, corrected.follows):
        return False
    ended = (last.status, last.reason)
    in_vain = last.status == Status.DEAD or ended == (Status.CANCELED, "operator")
    in_shadow = outlook.situation.is_shadow and ended == (Status.NOT_SENT, "shadow")
    is_same = last.told_state == corrected.told_state and {*last.ends} == {*corrected.ends}
    return (in_vain or in_shadow) and is_same


def moved(
    outlook: Outlook, transition: Transition, others: Sequence[Delivery], earlier: Sequence[Delivery]
) -> Delivery | None:
    """Where the visit that the earlier rows named last lies elsewhere now, or is off, and any of the others told it."""
    facts, now = outlook.facts(transition), outlook.situation.now
    rows = [row for row in about(transition, earlier) if outlook.situation.is_shadow or row.reason != "shadow"]
    is_told = any(row.is_told for row in about(transition, others))
    if not (facts and rows and is_told and outlook.customer.is_active and outlook.is_current(transition)):
        return None
    told = rows[-1].appointment if rows[-1].was_ahead else None
    visit = visit_of(facts, told) if told else None
    is_off = visit is None or not is_on(facts, visit)
    if told is None or (visit and not is_off and named(visit) == told):
        return None
    lies_now = visit_ahead(facts, now) if is_off else visit
    if not any(start and start > now for start in (told.start, lies_now.starts_at if lies_now else None)):
        return None
    row = Delivery(
        webhook_id=numbered(f"{transition.transition_id}-moved-", earlier),
        kind="moved",
        key=outlook.customer.key,
        transition_id=transition.transition_id,
        told_state=None,
        status=Status.PENDING,
        occurred_at=transition.occurred_at,
        told_appointment=told,
    )
    row = with_visit(outlook, row, transition)
    return replace(row, appointment=None) if is_off and not row.was_ahead else row
