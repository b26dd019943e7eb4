"""An inbound lead, in our own form or read out of somebody else's by a `LeadSource`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from math import inf
from typing import Any, TypeVar
from uuid import UUID

import jmespath
import orjson
from pydantic import BaseModel, ConfigDict, Field

from pipelines.actions.crm.identity import NAMELESS, Given, given, written
from pipelines.actions.schemas.fields import (
    MAX_MORE,
    MAX_TEXT,
    REACHABLE,
    Id,
    Input,
    Line,
    Moment,
    Name,
    Text,
    shortened,
    with_more,
)
from pipelines.settings import Tenant
from pipelines.settings.lead_source import ADDRESS, LeadSource
from pipelines.texts import as_text, clean

SUMMARY = "Web lead"
REACHES = ("phone", "email")  # which may be several
TEXTS = ("external_id", "name", "phone", "email", "summary", *ADDRESS)
LONGEST = dict.fromkeys(TEXTS, 200) | {"name": 150, "summary": MAX_TEXT}  # characters


class WebAddress(BaseModel):
    """What a web form knows of it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    street: Line | None = None
    unit: Line | None = None
    city: Line | None = None
    state: Line | None = None
    zip: Line | None = None
    country: Line | None = None


class InboundLead(Input):
    external_id: Line | None = Field(None, description="The sender's id: the same lead is taken once")
    contact_id: UUID | None = Field(None, description="Flow Builder's contact, linked to the customer")
    name: Name = Field(examples=["Ada Lovelace"])
    phone: Line | None = Field(None, examples=["(213) 555-2823"])
    email: Line | None = Field(None, examples=["ada@mail.example.net"])
    address: WebAddress = WebAddress()
    summary: Text = Field(SUMMARY, examples=["Wants a new roof"])
    campaign_id: Id | None = Field(None, description="By default the source's")
    call_reason_id: Id | None = Field(None, description="By default the source's")
    follow_up_date: Moment | None = Field(None, description="By default the source's hours from now")
    business_unit_id: Id | None = None
    job_type_id: Id | None = None


class TakenLead(InboundLead):
    """As it lies in the store. ``no_contact``: what was sent as the contact, and is none; ``left_out``: by field, the
    number or address as typed that identifies nobody. Both stand in the summary."""

    no_contact: str | None = None
    left_out: dict[str, str] = {}


class WebLead(InboundLead):
    """Our own form."""

    model_config = ConfigDict(json_schema_extra=REACHABLE)


Lead = TypeVar("Lead", bound=InboundLead)


def with_defaults(lead: Lead, source: LeadSource | None, now: datetime) -> Lead:
    """Where the source has a say and the lead has none."""
    if source is None:
        return lead
    names = ("campaign_id", "call_reason_id", "business_unit_id", "job_type_id")
    defaults: dict[str, Any] = {name: getattr(source, name) for name in names if getattr(lead, name) is None}
    if source.follow_up_hours and not lead.follow_up_date:
        defaults["follow_up_date"] = now + timedelta(hours=source.follow_up_hours)
    return lead.model_copy(update=defaults)


def person_in(lead: InboundLead, tenant: Tenant) -> Given:
    return given(lead.name, lead.phone, lead.email, tenant.country)


def identified(lead: Lead, tenant: Tenant, besides: Sequence[str] = ()) -> Lead:
    """With the number and the address by which the person can be known again; what else was given is kept, as typed,
    in the summary."""
    person = person_in(lead, tenant)
    more = [*(one.value for one in person.left_out), *person.others, *besides]
    reaches = {"phone": person.phone and written(person.phone), "email": person.email}
    left_out = {one.field: one.value for one in person.left_out}
    return lead.model_copy(update=reaches | {"summary": with_more(lead.summary, more), "left_out": left_out})


def stored_lead(text: str) -> TakenLead:
    return TakenLead.model_validate_json(text)


def from_source(source: LeadSource, payload: Mapping[str, Any]) -> TakenLead:
    """What the mapping finds no place for is kept in the summary: a contact that is no UUID and, where it finds nobody,
    all that came. Raises pydantic's `ValidationError`."""
    found = {field: value for field, path in source.map.items() if (value := read(payload, path, field in REACHES))}
    contact_id = uuid_in(named := found.pop("contact_id", ""))
    short, more = fitted(found)
    more += [named] if named and not contact_id else []
    if not found.keys() & {"name", "phone", "email"}:
        more.append(orjson.dumps(payload).decode())
    return TakenLead(
        external_id=short.get("external_id"),
        contact_id=contact_id,
        no_contact=None if contact_id else named or None,
        name=short.get("name", NAMELESS),
        phone=short.get("phone"),
        email=short.get("email"),
        address=WebAddress(**{field: short.get(field) for field in ADDRESS}),
        summary=with_more(short.get("summary", SUMMARY), more),
    )


def fitted(told: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """With texts as long as our form takes them; and the whole of those that are cut, for the summary."""
    long = {
        field: text for field, text in told.items() if isinstance(text, str) and len(text) > LONGEST.get(field, inf)
    }
    short = {field: text[: LONGEST[field]] for field, text in long.items()}
    if "external_id" in long:
        short["external_id"] = sha256(long.pop("external_id").encode()).hexdigest()  # two that begin alike are two
    if "summary" in long:
        short["summary"] = shortened(long.pop("summary"), MAX_TEXT - MAX_MORE)
    return {**told, **short}, [*long.values()]


def uuid_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def trimmed(value: Any) -> Any:
    """With every text as one line, so that a blank one counts as none. Raises RecursionError."""
    if isinstance(value, str):
        return " ".join(clean(value).split())
    if isinstance(value, list):
        return [trimmed(part) for part in value]
    return {name: trimmed(part) for name, part in value.items()} if isinstance(value, dict) else value


def read(payload: Any, expression: str, every: bool = False) -> str:
    """Of a list the first, or every one; nothing, where the expression does not fit what came."""
    try:
        found = jmespath.search(expression, payload)
    except (ValueError, TypeError, ArithmeticError, AttributeError, RecursionError):  # JMESPath's own are ValueErrors
        return ""
    if every:
        return listed(found)
    return as_text(next(iter(found), None) if isinstance(found, list) else found)


def listed(value: Any) -> str:
    """A list of texts as one."""
    return ", ".join(filter(None, map(as_text, value))) if isinstance(value, list) else as_text(value)
