"""Our own form as it is filled in by whatever sends it: numbers for texts, blanks for nothing."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipelines.actions.crm.identity import NAMELESS
from pipelines.actions.inbound_leads.forms import REACHES, WebAddress, WebLead, listed
from pipelines.actions.schemas.fields import REACHABLE
from pipelines.settings.lead_source import ADDRESS
from pipelines.texts import as_text

TEXTS = {"external_id", "name", "phone", "email", "summary", *ADDRESS}
BLANK = [{"type": "null"}, {"type": "string", "maxLength": 0}]


def mended(payload: Mapping[str, Any], form: type[BaseModel] = WebLead) -> dict[str, Any]:
    """In our own form: numbers for texts as texts, several numbers as one text, and without what is blank; a blank name
    is `NAMELESS`."""
    told = dict(payload)
    for name in told.keys() & form.model_fields.keys() - {"tenant"}:
        if name in REACHES and is_list(told[name]):
            told[name] = listed(told[name])
        if name in TEXTS and not isinstance(told[name], bool | dict | list | None):
            told[name] = as_text(told[name])
        if isinstance(told[name], str):
            told[name] = told[name].strip()
        if name == "address" and isinstance(told[name], dict):
            told[name] = mended(told[name], WebAddress)
        if told[name] in ("", None):
            del told[name]
    return {"name": NAMELESS} | told if "name" in payload else told


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
            choice["type"] = ["string", "number"]
    several = [{"type": "array", "items": {"type": ["string", "number"]}}] if name in REACHES else []
    return about | {"anyOf": [*choices, *several, *(one for one in BLANK if one not in choices)]}


class FormAddress(WebAddress):
    model_config = ConfigDict(json_schema_extra=as_forms_have_it)


class FormLead(WebLead):
    """The same, as it may come; see `mended`."""

    model_config = ConfigDict(json_schema_extra=_reachable_as_forms_have_it)

    address: FormAddress = FormAddress()
