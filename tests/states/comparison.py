"""The marts beside the oracle: rows that only one of them has."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from tests.oracle.derivation import Entry, Log
from tests.oracle.details import Details
from tests.oracle.fold import Story
from tests.states.ledger import Ledger
from tests.states.warehouse import Warehouse

Fact = tuple[Any, ...]  # tenant, customer, what it is about, and the rest
Stories = Mapping[int, Mapping[int, Story]]

STATES = """
    select tenant_id, servicetitan_customer_id, 'state', current_state, job_id, previous_state, last_transition_id,
        case when last_transition_id is not null then state_changed_at end, reset_due_at
    from marts.customer_servicetitan_state
"""
EVENTS = """
    select tenant_id, servicetitan_customer_id, 'event', event_id, event_name, to_state, occurred_at, job_id,
        source_table, source_id, from_state, rule, verdict, position
    from marts.customer_events
"""
TRANSITIONS = """
    select tenant_id, servicetitan_customer_id, 'transition', transition_id, job_id, from_state, to_state, event_name,
        event_id, source_table, source_id, occurred_at, position
    from marts.customer_state_transitions
    where retracted_at is null
"""
SPANS = """
    select tenant_id, servicetitan_customer_id, 'span', previous_state, state, job_id, entered_at, left_at, next_state,
        next_event_name
    from marts.customer_state_spans
"""
DETAILS = """
    select tenant_id, servicetitan_customer_id, 'details', transition_id, job_id, flow_name, settle_minutes,
        suppressed_by, customer_name, is_do_not_mail, is_do_not_service, emails, phones, visits, job_number, job_type,
        business_unit, project_id, job_status, job_ended_at, cancel_reason, is_cancel_reason_silent, location_id,
        location_name, street, zip, estimate_id, estimate_status, estimate_subtotal, estimate_sold_at, lead_status,
        is_flow_wanted
    from marts.transition_details
"""
ANSWERS = (STATES, EVENTS, TRANSITIONS, SPANS)
LOG = """
    select tenant_id, 0, 'log', transition_id, detected_at, retracted_at, is_baseline, is_reclassified,
        (position is null) = (retracted_at is not null)
    from marts.customer_state_transitions
"""

BASELINES = "select tenant_id, 0, 'baseline' from marts.tenant_baselines"


def facts(warehouse: Warehouse, *queries: str) -> set[Fact]:
    return {hashable(row) for query in queries for row in warehouse.rows(query)}


def hashable(value: Any) -> Any:
    """A list as a tuple, a struct as the tuple of its values."""
    if isinstance(value, list | tuple | dict):
        return tuple(map(hashable, value.values() if isinstance(value, dict) else value))
    return value


def expected(stories: Stories) -> set[Fact]:
    return {
        (tenant, story.customer, *fact)
        for tenant, each in stories.items()
        for story in each.values()
        for fact in (_state(story), *_events(story), *_transitions(story), *_spans(story))
    }


def expected_details(ledger: Ledger, stories: Stories, logs: Mapping[int, Log]) -> set[Fact]:
    """Without a log all is history."""
    return {
        (tenant, story.customer, *fact)
        for tenant, each in stories.items()
        for details in [Details(ledger.records(tenant), ledger.rules.of(tenant))]
        for baseline in [_baseline(logs[tenant]) if logs else None]
        for story in each.values()
        for fact in details.of(story, baseline)
    }


def _baseline(log: Log) -> frozenset[str]:
    return frozenset(identity for identity, entry in log.entries.items() if entry.is_baseline)


def expected_log(logs: Mapping[int, Log]) -> set[Fact]:
    return {
        (tenant, 0, "log", identity, *_detected(entry), True)
        for tenant, log in logs.items()
        for identity, entry in log.entries.items()
    } | {(tenant, 0, "baseline") for tenant, log in logs.items() if log.has_baseline}


def _detected(entry: Entry) -> Fact:
    return entry.detected_at, entry.retracted_at, entry.is_baseline, entry.is_reclassified


def _state(story: Story) -> Fact:
    last = story.transitions[-1] if story.transitions else None
    came = (last.from_state, last.transition_id) if last else (None, None)
    return ("state", story.state, story.job, *came, story.entered_at, story.reset_due_at)


def _events(story: Story) -> Iterator[Fact]:
    for position, each in enumerate(story.verdicts, 1):
        yield ("event", *each.event[1:], each.from_state, each.rule, each.verdict, position)


def _transitions(story: Story) -> Iterator[Fact]:
    for position, each in enumerate(story.transitions, 1):
        yield (
            *("transition", each.transition_id, each.job, each.from_state, each.to_state, each.event_name),
            *(each.event_id, each.source_table, each.source_id, each.occurred_at, position),
        )


def _spans(story: Story) -> Iterator[Fact]:
    for each, following in zip_longest(story.transitions, story.transitions[1:]):
        end = (following.occurred_at, following.to_state, following.event_name) if following else (None, None, None)
        yield ("span", each.from_state, each.to_state, each.job, each.occurred_at, *end)


def assert_same(derived: set[Fact], right: set[Fact]) -> None:
    assert sorted(derived - right, key=repr)[:20] == []
    assert sorted(right - derived, key=repr)[:20] == []
