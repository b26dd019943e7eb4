"""Our own form as it is filled in by whatever sends it: numbers for texts, texts for numbers, blanks for nothing."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipelines.actions.crm.identity import NAMELESS
from pipelines.actions.inbound_leads.forms import (
    REACHES,
    TEXTS,
    TakenLead,
    WebAddress,
    WebLead,
    fitted,
    listed,
    uuid_in,
)
from pipelines.actions.schemas.fields import REACHABLE, with_more
from pipelines.texts import as_text, clean

IDS = ("campaign_id", "call_reason_id", "business_unit_id", "job_type_id")
WRITTEN_ID = "^[1-9][0-9]{0,15}$"
BLANK = [{"type": "null"}, {"type": "string", "maxLength": 0}]


def mended(payload: Mapping[str, Any], form: type[BaseModel] = WebLead) -> dict[str, Any]:
    """In our own form: numbers for texts as texts, an id's text as a number, several numbers as one text, and without
    what is blank; a blank name is `NAMELESS`."""
    told = dict(payload)
    for name in told.keys() & form.model_fields.keys() - {"tenant"}:
        if name in REACHES and is_list(told[name]):
            told[name] = listed(told[name])
        if name in (*TEXTS, "contact_id") and not isinstance(told[name], bool | dict | list | None):
            told[name] = as_text(told[name])
        if isinstance(told[name], str):
            told[name] = told[name].strip()
        if name in IDS:
            told[name] = as_id(told[name])
        if name == "address" and isinstance(told[name], dict):
            told[name] = mended(told[name], WebAddress)
        if told[name] in ("", None):
            del told[name]
    return {"name": NAMELESS} | told if "name" in payload else told


def as_id(value: Any) -> Any:
    written = as_text(value)
    return int(written) if re.fullmatch(WRITTEN_ID, written) else value


def taken(told: Mapping[str, Any], is_form: bool) -> TakenLead:
    """Of a mended form. What is too long, and a contact that is no UUID, stands in the summary. Raises pydantic's
    `ValidationError`; ``is_form``: texts alone came."""
    short, more = fitted(told)
    if isinstance(told.get("address"), dict):
        short["address"], lines = fitted(told["address"])
        more += lines
    named = short.get("contact_id")
    no_contact = short.pop("contact_id") if isinstance(named, str) and not uuid_in(named) else None
    more += [no_contact] if no_contact else []
    lead = WebLead.model_validate_json(clean(json.dumps(short, ensure_ascii=False)), strict=not is_form)
    return TakenLead(**lead.model_dump() | {"summary": with_more(lead.summary, more), "no_contact": no_contact})


def is_list(value: Any) -> bool:
    """Of texts and numbers."""
    return isinstance(value, list) and {type(one) for one in value} <= {str, int, float}


def as_forms_have_it(schema: dict[str, Any]) -> None:
    """Texts may be numbers; numbers and addresses of a person may be several; what may be left out may be blank."""
    schema["properties"] = {name: _loose(name, field) for name, field in schema["properties"].items()}


def _reachable_as_forms_have_it(schema: dict[str, Any]) -> None:
    schema |= REACHABLE
    as_forms_have_it(schema)


def _loose(name: str, field: dict[str, Any]) -> dict[str, Any]:
    if name == "tenant":
        return field
    kind = {"type", "format", "minLength", "maxLength", "minimum", "exclusiveMaximum", "$ref"}
    about = {word: value for word, value in field.items() if word not in {*kind, "anyOf"}}
    choices = field.get("anyOf") or [{word: field[word] for word in kind & field.keys()}]
    for choice in choices:
        if choice.get("type") == "string" and "format" not in choice:
            choice.pop("minLength", None)
            choice.pop("maxLength", None)
            choice["type"] = ["string", "number"]
    more: list[dict[str, Any]] = []
    if name in REACHES:
        more.append({"type": "array", "items": {"type": ["string", "number"]}})
    if name in IDS:
        more.append({"type": "string", "pattern": WRITTEN_ID})
    if name == "contact_id":
        more.append({"type": ["string", "number"]})
    return about | {"anyOf": [*choices, *more, *(one for one in BLANK if one not in choices)]}


class FormAddress(WebAddress):
    model_config = ConfigDict(json_schema_extra=as_forms_have_it)


class FormLead(WebLead):
    """The same, as it may come; see `mended`."""

    model_config = ConfigDict(json_schema_extra=_reachable_as_forms_have_it)

    address: FormAddress = FormAddress()
