"""The body of a delivery; ``event_schema.json`` beside this module describes it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from msgspec.structs import asdict

from pipelines.flow_builder.contact_choice import chosen_email, chosen_phone
from pipelines.flow_builder.delivery import Delivery, Kind
from pipelines.flow_builder.facts import Facts
from pipelines.flow_builder.visits import Appointment, visit_of
from pipelines.settings import Settings, Tenant
from pipelines.texts import clean

SCHEMA = Path(__file__).with_name("event_schema.json")
TYPES: Mapping[Kind, str] = {
    "changed": "servicetitan.customer_state.changed",
    "corrected": "servicetitan.customer_state.corrected",
    "moved": "servicetitan.appointment.changed",
}


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of all types."""
    return dict(json.loads(SCHEMA.read_text()))


@dataclass(frozen=True, slots=True)
class Office:
    """What the settings say of a tenant's place, and of what may leave the house."""

    timezone: str = "UTC"
    country: str = "US"
    include_contact: bool = True


def office_of(settings: Settings, tenant: Tenant | None) -> Office:
    """None: it is configured no longer."""
    include_contact = settings.flow_builder_include_contact
    if tenant is None:
        return Office(include_contact=include_contact)
    return Office(tenant.timezone or "UTC", tenant.country, include_contact)


def body(
    row: Delivery,
    facts: Facts,
    office: Office,
    now: datetime,
    *,
    flows: Mapping[str, str],
    told: Delivery | None = None,
) -> bytes:
    """Serialised once: every attempt sends these bytes. ``now``: the run's clock; ``flows``: transition -> its flow, of
    those that ``row.ends`` names; ``told``: of a correction, what is no longer so."""
    event = {
        "type": TYPES[row.kind],
        "timestamp": facts.occurred_at if row.kind == "changed" else now,
        "data": {**data(row, facts, office), **more(row, flows, told)},
    }
    return orjson.dumps(cleaned(event), option=orjson.OPT_UTC_Z)


def more(row: Delivery, flows: Mapping[str, str], told: Delivery | None) -> dict[str, Any]:
    """What only a message says, and not the gate."""
    said: dict[str, Any] = {"ends": [{"transition_id": one, "flow_name": flows.get(one)} for one in row.ends]}
    if row.kind == "moved":
        said["told_appointment"] = asdict(row.told_appointment) if row.told_appointment else None
        said |= {"appointment": None} if row.appointment is None else {}
    if row.kind == "corrected" and told:
        said["told_state"] = told.told_state
        if not told.stands and told.transition_id:
            said["retracted_transition_id"] = told.transition_id
    return said


def cleaned(value: Any) -> Any:
    """Every text in it fit for a receiver."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {name: cleaned(one) for name, one in value.items()}
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    return value


def data(row: Delivery, facts: Facts, office: Office) -> dict[str, Any]:
    has_cause = facts.transition_id is not None
    said: dict[str, Any] = {
        "transition_id": facts.transition_id,
        "tenant_id": facts.tenant_id,
        "tenant_name": facts.tenant_name,
        "workspace_id": facts.workspace_id,
        "contact_id": facts.contact_id,
        "customer_id": facts.servicetitan_customer_id,
        "from_state": facts.from_state,
        "from_state_name": facts.from_state_name,
        "to_state": facts.to_state,
        "to_state_name": facts.to_state_name,
        "flow_name": row.flow_name,
        "job_id": facts.job_id,
        "occurred_at": facts.occurred_at,
        "detected_at": facts.detected_at,
        "superseded": row.superseded,
        "suppressed": row.suppressed,
        "timezone": office.timezone,
        "cause": {name: getattr(facts, name) for name in ("event_name", "source_table", "source_id")}
        if has_cause
        else None,
        "job": job(facts),
        "estimate": estimate(facts),
    }
    if office.include_contact:
        said |= {"customer": customer(facts, office.country), "location": location(facts)}
    return said | ({"appointment": appointment(row.appointment, facts, office)} if row.appointment else {})


def customer(facts: Facts, country: str) -> dict[str, Any]:
    """Contact data: it stands in bodies and nowhere else."""
    email, phone = chosen_email(facts), chosen_phone(facts, country)
    return {
        "name": facts.customer_name,
        "type": facts.customer_type,
        "email": email.value if email else None,
        "phone": phone.number if phone else None,
        "phone_extension": phone.extension if phone else None,
        "do_not_mail": facts.is_do_not_mail,
        "do_not_service": facts.is_do_not_service,
        "marketing_opt_out": email is not None and email.is_opted_out,
    }


def appointment(named: Appointment, facts: Facts, office: Office) -> dict[str, Any]:
    said, visit = asdict(named), visit_of(facts, named)
    local = {f"{name}_local": at(moment, office) for name, moment in said.items() if name != "id"}
    return {**said, **local, "technician": visit.technician if visit else None}


def at(moment: datetime | None, office: Office) -> str | None:
    return moment.astimezone(ZoneInfo(office.timezone)).isoformat() if moment else None


def job(facts: Facts) -> dict[str, Any] | None:
    return (
        None
        if facts.job_id is None
        else {
            "id": facts.job_id,
            "number": facts.job_number,
            "type": facts.job_type,
            "business_unit": facts.business_unit,
            "project_id": facts.project_id,
            "cancel_reason": facts.cancel_reason,
        }
    )


def location(facts: Facts) -> dict[str, Any] | None:
    parts: Sequence[str] = ("street", "unit", "city", "state", "zip", "country")
    return (
        None
        if facts.location_id is None
        else {
            "id": facts.location_id,
            "name": facts.location_name,
            **{part: getattr(facts, part) for part in parts},
        }
    )


def estimate(facts: Facts) -> dict[str, Any] | None:
    return (
        None
        if facts.estimate_id is None
        else {
            "id": facts.estimate_id,
            "name": facts.estimate_name,
            "status": facts.estimate_status,
            "subtotal": money(facts.estimate_subtotal),
            "sold_at": facts.estimate_sold_at,
        }
    )


def money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"
