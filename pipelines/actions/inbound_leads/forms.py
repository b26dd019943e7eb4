"""An inbound lead, in our own form or read out of somebody else's by a `LeadSource`."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jmespath
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.actions.schemas.contact_values import e164
from pipelines.actions.schemas.fields import REACHABLE, Email, Id, Input, Line, Moment, Name, Text, needed
from pipelines.addresses import email_address
from pipelines.settings.lead_source import ADDRESS, LeadSource
from pipelines.texts import clean

SUMMARY = "Web lead"
NAMELESS = "Unknown"
MAX_SUMMARY = 1700  # characters, of the 2,000 that one may have


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
    phone: Line | None = Field(None, examples=["(213) 555-0123"])
    email: Email | None = Field(None, examples=["ada@example.com"])
    address: WebAddress = WebAddress()
    summary: Text = Field(SUMMARY, examples=["Wants a new roof"])
    campaign_id: Id | None = Field(None, description="By default the source's")
    call_reason_id: Id | None = Field(None, description="By default the source's")
    follow_up_date: Moment | None = Field(None, description="By default the source's hours from now")
    business_unit_id: Id | None = None
    job_type_id: Id | None = None


class WebLead(InboundLead):
    """Our own form."""

    model_config = ConfigDict(json_schema_extra=REACHABLE)

    @model_validator(mode="after")
    def _reachable(self) -> "WebLead":
        return needed(self, self.phone or self.email, "one of phone and email is needed")


def with_defaults(lead: InboundLead, source: LeadSource | None, now: datetime) -> InboundLead:
    """Where the source has a say and the lead has none."""
    if source is None:
        return lead
    names = ("campaign_id", "call_reason_id", "business_unit_id", "job_type_id")
    defaults: dict[str, Any] = {name: getattr(source, name) for name in names if getattr(lead, name) is None}
    if source.follow_up_hours and not lead.follow_up_date:
        defaults["follow_up_date"] = now + timedelta(hours=source.follow_up_hours)
    return lead.model_copy(update=defaults)


def stored_lead(text: str) -> InboundLead:
    """As it lies in the store. What an earlier release took for an e-mail address, and this one does not, is kept in
    the summary: a lead that could not be read would stop its tenant's others."""
    kept = json.loads(text)
    email = kept.get("email")
    if email and not email_address(email):
        kept |= {"email": None, "summary": "; ".join([kept.get("summary", SUMMARY)[:MAX_SUMMARY], email])}
    return InboundLead.model_validate_json(json.dumps(kept))


def from_source(source: LeadSource, payload: Mapping[str, Any], country: str) -> InboundLead:
    """What cannot be read as a phone number or an e-mail address goes into the summary, so that it is not lost.

    Raises pydantic's `ValidationError`.
    """
    found = {field: value for field, path in source.map.items() if (value := read(payload, path))}
    reaches = {"phone": e164(found.get("phone", ""), country), "email": email_address(found.get("email", ""))}
    unread = [found[field] for field, reach in reaches.items() if field in found and not reach]
    return InboundLead(
        external_id=found.get("external_id"),
        contact_id=found.get("contact_id"),
        name=found.get("name", NAMELESS)[:150],
        phone=reaches["phone"],
        email=reaches["email"],
        address=WebAddress(**{field: found.get(field) for field in ADDRESS}),
        summary="; ".join([found.get("summary", SUMMARY), *unread]),
    )


def trimmed(value: Any) -> Any:
    """With every text as one line, so that a blank one counts as none. Raises RecursionError."""
    if isinstance(value, str):
        return " ".join(clean(value).split())
    if isinstance(value, list):
        return [trimmed(part) for part in value]
    return {name: trimmed(part) for name, part in value.items()} if isinstance(value, dict) else value


def read(payload: Any, expression: str) -> str:
    """Of a list the first; nothing, where the expression does not fit what came."""
    try:
        found = jmespath.search(expression, payload)
    except (ValueError, TypeError, ArithmeticError, AttributeError, RecursionError):  # JMESPath's own are ValueErrors
        return ""
    if isinstance(found, list):
        found = next(iter(found), None)
    told = isinstance(found, str | int | float) and not isinstance(found, bool)
    return str(found)[:200] if told else ""
