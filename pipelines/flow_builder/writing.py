"""What a row says: its flow or why it has none, its visit, and when it is due."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipelines.flow_builder.customer import Transition
from pipelines.flow_builder.delivery import Delivery, Situation
from pipelines.flow_builder.outlook import Outlook
from pipelines.flow_builder.statuses import Status
from pipelines.flow_builder.visits import chosen_visit, is_booking, named, visit_ahead

HAS_TEXT = (None, "shadow")  # it is sent, or would be


def written(
    outlook: Outlook, row: Delivery, transition: Transition, earlier: Sequence[Delivery], reason: str | None
) -> Delivery:
    """A `changed` row, decided: sent, or not for that reason."""
    is_superseded = not outlook.is_current(transition) and not row.is_overridden("superseded")
    asked = transition.flow_name and reason in HAS_TEXT and not is_superseded
    against = outlook.suppressions(transition, earlier) if asked else []
    suppressed = next((word for word in against if not row.is_overridden(word)), None)
    row = replace(
        row,
        key=outlook.customer.key,
        told_state=transition.to_state,
        flow_name=transition.flow_name if asked and not suppressed else None,
        occurred_at=transition.occurred_at,
        superseded=is_superseded,
        suppressed=suppressed,
        ends=(),
        status=status(row, reason),
        reason=reason or row.reason,
    )
    return with_visit(outlook, row, transition)


def status(row: Delivery, reason: str | None) -> Status:
    if reason is None:
        return row.status
    return Status.CANCELED if reason == "retracted" else Status.NOT_SENT


def with_visit(outlook: Outlook, row: Delivery, transition: Transition | None) -> Delivery:
    """What hangs on the appointment: whether it lies ahead, how long the row is worth sending, when it is due."""
    facts = outlook.facts(transition)
    if not (transition and facts):
        return replace(row, job_id=transition.job_id if transition else None)
    ahead, chosen = visit_ahead(facts, outlook.situation.now), chosen_visit(facts, outlook.situation.now)
    does_not_age = row.kind == "changed" and is_booking(transition.to_state, transition.job_id)
    ahead_until = ahead.ends_at if ahead and does_not_age else None
    return replace(
        row,
        job_id=transition.job_id,
        appointment=named(chosen) if chosen else None,
        was_ahead=ahead is not None,
        ahead_until=ahead_until,
        flow_until=ahead_until if row.flow_name else None,
        settles_at=settles_at(row, transition, facts.settle_minutes, outlook.situation),
    )


def settles_at(row: Delivery, transition: Transition, minutes: int, situation: Situation) -> datetime | None:
    """None: it is due."""
    moment = transition.occurred_at + timedelta(minutes=minutes)
    is_settled = situation.whole_from is not None and situation.whole_from > moment
    return moment if row.flow_name and minutes and row.is_unfinished and not is_settled else None


def shadowed(outlook: Outlook, row: Delivery) -> Delivery:
    """Of what tells no new transition."""
    return replace(row, status=Status.NOT_SENT, reason="shadow") if outlook.situation.is_shadow else row
