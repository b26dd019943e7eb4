"""The body of a delivery; ``event_schema.json`` beside this module describes it."""

import json
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from pipelines.flow_builder.policy import PlannedDelivery
from pipelines.texts import clean

SCHEMA = Path(__file__).with_name("event_schema.json")
TYPES = {
    "changed": "servicetitan.customer_state.changed",
    "corrected": "servicetitan.customer_state.corrected",
}


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of both types."""
    return dict(json.loads(SCHEMA.read_text()))


@dataclass(frozen=True, slots=True)
class Cause:
    event_name: str
    source_table: str | None
    source_id: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """Contact data: it stands in bodies and nowhere else."""

    name: str | None
    type: str | None
    email: str | None
    phone: str | None
    do_not_mail: bool
    do_not_service: bool


@dataclass(frozen=True, slots=True)
class EventAppointment:
    id: int
    start: datetime | None
    end: datetime | None
    arrival_window_start: datetime | None
    arrival_window_end: datetime | None


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What the marts say of a customer and one transition; without a transition its fields are null."""

    tenant_id: int
    tenant_name: str
    workspace_id: str | None
    contact_id: str | None
    customer_id: int
    to_state_name: str
    transition_id: str | None = None
    from_state: float | None = None
    from_state_name: str | None = None
    job_id: int | None = None
    occurred_at: datetime | None = None
    detected_at: datetime | None = None
    cause: Cause | None = None
    customer: Person | None = None
    appointment: EventAppointment | None = None


def body(decision: PlannedDelivery, facts: EventFacts, now: datetime) -> bytes:
    """Serialised once: every attempt sends these bytes. ``now`` is the moment of a correction."""
    event = {
        "type": TYPES[decision.kind],
        "timestamp": facts.occurred_at if decision.kind == "changed" else now,
        "data": data(decision, facts),
    }
    return orjson.dumps(cleaned(event), option=orjson.OPT_UTC_Z)


def cleaned(value: Any) -> Any:
    """Every text in it fit for a receiver; records become dicts."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {name: cleaned(one) for name, one in value.items()}
    return cleaned(asdict(value)) if is_dataclass(value) and not isinstance(value, type) else value


def data(decision: PlannedDelivery, facts: EventFacts) -> dict[str, Any]:
    stated: dict[str, Any] = {
        "transition_id": facts.transition_id,
        "tenant_id": facts.tenant_id,
        "tenant_name": facts.tenant_name,
        "workspace_id": facts.workspace_id,
        "contact_id": facts.contact_id,
        "customer_id": facts.customer_id,
        "from_state": facts.from_state,
        "from_state_name": facts.from_state_name,
        "to_state": decision.to_state,
        "to_state_name": facts.to_state_name,
        "flow_name": decision.flow_name,
        "job_id": facts.job_id,
        "occurred_at": facts.occurred_at,
        "detected_at": facts.detected_at,
        "superseded": decision.superseded,
        "cause": facts.cause,
    }
    where_known = {
        "customer": facts.customer,
        "appointment": facts.appointment,
        "told_state": decision.told_state,
        "retracted_transition_id": decision.retracted_transition_id,
    }
    return stated | {name: value for name, value in where_known.items() if value is not None}
